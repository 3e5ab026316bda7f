"""Two implementations of one camera: the simulator's pictures against the product's geometry."""

from itertools import islice

import msgspec
import night_stage as stage
import numpy as np

from apacheta.core.sight import CameraPose
from apacheta.geo import Camera, LocalGrid, camera_axes, camera_position, project


def test_the_products_camera_finds_the_painted_markers_within_a_fifth_of_a_pixel() -> None:
    world = stage.world()
    simulator = stage.simulator(world, from_utc_ns=stage.START_NS + 100 * stage.NS, width_px=640, height_px=512)
    ticks = list(islice(simulator.run(), 250))
    lines = [line for tick in ticks for line in tick.truth if line["kind"] == "marker"]
    grid = LocalGrid(world.lat0_deg, world.lon0_deg, 4300.0)
    camera = Camera(640, 512, 12.5)
    off = []
    for line in lines:
        pose = msgspec.convert({**line["pose"], "utc_ns": int(line["utc_ns"])}, CameraPose)
        x, y = grid.xy(line["lat"], line["lon"])
        position = camera_position(pose, grid)
        point = np.array([[x, y, line["alt_hae_m"]]], dtype=np.float64)
        column, row, _ = project(point, position, camera_axes(pose, grid), camera, grid)
        off.append(np.hypot(float(column[0]) - line["col"], float(row[0]) - line["row"]))
    assert len(off) > 20
    assert np.median(off) < 0.1
    assert max(off) < 0.2
