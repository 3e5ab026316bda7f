"""The score comes from the truth of that night and no other: two small nights, their truths swapped."""

import json
from pathlib import Path

import night_stage as stage
import numpy as np
import pytest

from apacheta.alert import Watchman, WatchSettings
from apacheta.app.chain import Chain, ChainSettings
from apacheta.app.score import read_truth, score_night
from apacheta.core.alerts import Alert
from apacheta.core.sector import Border
from apacheta.geo import BorderLine, Dem, LocalGrid
from apacheta.see import Eye
from apacheta.sim.night import Cast

FROM_NS = stage.START_NS + 78 * stage.NS
MINUTES = 0.87


def ground() -> tuple[Dem, BorderLine]:
    """What the product knows of the stage: the poorer elevation model and the border."""
    world = stage.world()
    rows, cols = world.product_amsl_m.shape
    x, y = (
        a[0] + world.product_cell_m * np.arange(n)
        for a, n in zip(((world.origin_x_m,), (world.origin_y_m,)), (cols, rows), strict=True)
    )
    grid = LocalGrid(world.lat0_deg, world.lon0_deg, 0.0)
    hae = (world.product_amsl_m + world.undulation_m(*np.meshgrid(x, y))).astype(np.float32)
    dem = Dem(grid, hae, world.origin_x_m, world.origin_y_m, world.product_cell_m, "0" * 64)
    west, _, east, _ = world.bounds
    lon, lat = world.to_lonlat([west, east], [-2500.0, -2500.0])  # a line south of where they walk
    chains = (tuple(zip(lon.tolist(), lat.tolist(), strict=True)),)
    own = tuple(float(v) for v in world.to_lonlat(*world.own_side))
    return dem, BorderLine(
        Border(chains=chains, file="", source="", accuracy_m=5.0, own_side=own, standoff_m=0.0), grid
    )


def night(folder: Path, stare: int) -> tuple[list[Alert], Path]:
    """A night with two walkers where that stare looks: its alerts and its truth."""
    world, sortie = stage.world(), stage.sortie(stage.world(), 4)
    aim = sortie.tour.stares[stare].aim
    x, y = (float(v) for v in world.to_xy(aim.lon_deg, aim.lat_deg))
    walkers = tuple(stage.walker(world, x - 170.0 + 25.0 * k, y + 12.0 * k) for k in range(3))
    simulator = stage.simulator(
        world, sorties=(sortie,), minutes=MINUTES, from_utc_ns=FROM_NS, width_px=640, height_px=512, cast=Cast(walkers)
    )
    dem, border = ground()
    watchman = Watchman(border, (), dem.grid, WatchSettings(standoff_m=0.0, resolved_range_m=1000.0))
    chain = Chain(ChainSettings(stream="a1"), Eye(dem, dem.grid, "a1"), watchman, None)
    truth = folder / f"truth-{stare}.jsonl"
    with truth.open("w", encoding="utf-8") as out:
        for tick in simulator.run():
            out.writelines(json.dumps(line) + "\n" for line in tick.truth)
            for data in tick.streams.values():
                chain.feed(data)
    chain.end()
    return chain.alerts, truth


@pytest.mark.slow
def test_with_another_night_s_truth_the_score_collapses(tmp_path: Path) -> None:
    from_s, to_s = FROM_NS / stage.NS, FROM_NS / stage.NS + 60 * MINUTES
    nights = [night(tmp_path, stare) for stare in (0, 1)]
    for (alerts, own), (_, other) in (nights, nights[::-1]):
        assert alerts
        right = score_night(read_truth(own), alerts, from_s, to_s)
        wrong = score_night(read_truth(other), alerts, from_s, to_s)
        assert (right.true_alerts, right.false_alerts) == (len(alerts), 0)
        assert (wrong.true_alerts, wrong.false_alerts) == (0, len(alerts))
