"""What the simulated night hands out: streams, fixes, truth; and how it ends."""

import hashlib
import io
import json
import os
import signal
import threading
from itertools import islice
from pathlib import Path

import msgspec
import night_stage as stage
import numpy as np
import pytest

from apacheta.core.errors import InputFault
from apacheta.core.sight import Fix
from apacheta.formats.klv import decode_packets, pose_of
from apacheta.formats.ts import TsDemuxer
from apacheta.sim.night import Cast, Ground, serve
from apacheta.sim.night.attitude import grid_axes, rotation_of
from apacheta.sim.night.figures import Figures
from apacheta.sim.night.gimbal import aims_of
from apacheta.sim.night.render import Renderer, Scene, View
from apacheta.sim.night.warmth import temperatures_of

IN_AIR_NS = stage.START_NS + 170 * stage.NS


def _ticks(count: int, **changes):
    return list(islice(stage.simulator(stage.world(), **changes).run(), count))


def _stream(ticks) -> bytes:
    return b"".join(data for tick in ticks for data in tick.streams.values())


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    first, again, other = (
        hashlib.sha256(_stream(_ticks(30, from_utc_ns=IN_AIR_NS, seed=seed))).hexdigest() for seed in (4, 4, 5)
    )
    assert first == again
    assert first != other


def test_there_is_no_picture_while_the_aircraft_is_on_the_ground() -> None:
    late = (stage.sortie(stage.world(), 1, launch_s=3.0),)
    ticks = _ticks(60, sorties=late)
    assert next(tick.utc_ns for tick in ticks if tick.streams) == stage.START_NS + 3 * stage.NS
    assert not any(tick.fixes for tick in ticks[:30])
    assert all(tick.streams for tick in ticks[30:])


def test_landing_ends_the_stream_and_the_next_sortie_begins_with_a_key_frame() -> None:
    world = stage.world()
    two = (stage.sortie(world, 1, 0.0, 1), stage.sortie(world, 1, 700.0, 2))
    simulator = stage.simulator(world, sorties=two, minutes=60.0, width_px=64, height_px=48, rate_hz=1.0)
    flying = [(bool(tick.streams), tick) for tick in simulator.run()]
    states = [up for up, _ in flying]
    turns = [k for k in range(1, len(states)) if states[k] != states[k - 1]]
    assert len(turns) == 3
    down, up = flying[turns[0]][1].utc_ns, flying[turns[1]][1].utc_ns
    assert up >= down + 600 * stage.NS
    assert TsDemuxer().feed(flying[turns[1]][1].streams["a1"]) is not None
    data = flying[turns[1]][1].streams["a1"]
    assert data[0] == 0x47
    assert b"\x00\x00\x01\x65" in data or b"\x00\x00\x01\x25" in data  # an IDR slice


def test_metadata_with_exact_pose_is_the_truth_to_its_steps() -> None:
    ticks = _ticks(40, from_utc_ns=IN_AIR_NS, exact_pose=True)
    demuxer = TsDemuxer()
    units = [unit for tick in ticks for unit in demuxer.feed(tick.streams["a1"])] + demuxer.flush()
    packets = [p for unit in units if unit.kind == "metadata" for p in decode_packets(unit.data)]
    assert len(packets) == 40
    assert all(p.checksum_ok and not p.problems for p in packets)
    poses = {pose.utc_ns: pose for p in packets if (pose := pose_of(p))}
    marks = [line for tick in ticks for line in tick.truth if line["kind"] == "marker"]
    assert marks
    for line in marks:
        told, true = poses[int(line["utc_ns"])], line["pose"]
        assert told.height_exact
        assert abs(told.position.lat_deg - true["position"]["lat_deg"]) < 1e-7
        assert abs(told.position.alt_hae_m - true["position"]["alt_hae_m"]) < 0.01
        ours = _sight(msgspec.to_builtins(told))
        assert np.abs(ours - _sight(true)).max() < 3e-4 * 0.35  # item 5 has steps of 0.0055 deg


def _sight(pose: dict) -> np.ndarray:
    platform = rotation_of(*(pose[f"platform_{name}_deg"] for name in ("heading", "pitch", "roll")))
    return platform @ rotation_of(*(pose[f"sensor_rel_{name}_deg"] for name in ("azimuth", "elevation", "roll")))


def test_reported_positions_are_wrong_by_metres_and_angles_by_tenths_of_a_degree() -> None:
    ticks = _ticks(20, from_utc_ns=IN_AIR_NS)
    fixes = [fix for tick in ticks for fix in tick.fixes]
    truths = [line for tick in ticks for line in tick.truth if line["kind"] == "aircraft"]
    late = [fix for fix in fixes if fix.utc_ns >= IN_AIR_NS]
    assert len(late) == 4
    assert len(fixes) == len(truths)
    for fix, line in zip(fixes, truths, strict=True):
        assert str(fix.utc_ns) == line["utc_ns"]
        off_m = np.hypot(fix.position.lat_deg - line["lat"], fix.position.lon_deg - line["lon"]) * 111_000
        assert 0.01 < off_m < 10.0
        assert 0.0 < fix.battery_fraction <= 1.0


def test_the_way_out_before_the_first_picture_is_told_too() -> None:
    first, *rest = _ticks(3, from_utc_ns=IN_AIR_NS)
    launch_ns = stage.sortie(stage.world(), 4).launch_utc_ns
    times = [fix.utc_ns for fix in first.fixes]
    assert launch_ns <= times[0] < launch_ns + stage.NS
    assert set(np.diff(times)) == {stage.NS // 2}
    assert [str(t) for t in times] == [line["utc_ns"] for line in first.truth if line["kind"] == "aircraft"]
    assert {fix.phase for fix in first.fixes} >= {"takeoff", "climb"}
    assert first.truth[0]["kind"] == "night"
    assert not any(fix.utc_ns < IN_AIR_NS for tick in rest for fix in tick.fixes)


def test_who_has_landed_says_so_once() -> None:
    world = stage.world()
    sortie = stage.sortie(world, 4)
    landing_ns = sortie.launch_utc_ns + round(sortie.tour.duration_s * stage.NS)
    sim = stage.simulator(
        world, sorties=(sortie,), from_utc_ns=landing_ns - 60 * stage.NS, minutes=15.0, width_px=64, height_px=48,
        rate_hz=2.0,
    )  # fmt: skip
    fixes = [fix for tick in sim.run() for fix in tick.fixes]
    assert [fix.phase for fix in fixes].count("ground") == 1
    assert fixes[-1].phase == "ground"


def test_a_walker_in_the_picture_is_told_with_what_decides_whether_it_counts() -> None:
    world = stage.world()
    ground = Ground(world)
    aim = aims_of(stage.sortie(world, 4).tour.stares, ground)
    walkers = tuple(stage.walker(world, a.x_m, a.y_m, 0.1) for a in aim[:8])
    ticks = _ticks(50, from_utc_ns=IN_AIR_NS, cast=Cast(walkers), width_px=640, height_px=512)
    views = [line for tick in ticks for line in tick.truth if line["kind"] == "view"]
    assert len(views) >= 5
    for line in views:
        gsd_m = line["slant_range_m"] / (320 / np.tan(np.radians(6.25)))
        # an upright ellipsoid 1.7 x 0.5 m seen from 15-60 deg above: 0.35 to 0.66 m2
        assert 0.35 < line["area_px"] * gsd_m**2 < 0.75
        assert 8.0 < line["contrast_k"] < 15.0
        assert 0 <= line["col"] < 640
        assert 0 <= line["row"] < 512
    assert any(line["los_half"] for line in views)
    where = [line for tick in ticks for line in tick.truth if line["kind"] == "where"]
    assert {line["party"] for line in where} == {party.id for party in walkers}


def test_a_body_behind_a_ridge_is_not_in_line_of_sight() -> None:
    """Bodies all over a valley, looked at low over a ridge; lines of sight are walked in 3,000 steps."""
    ground = Ground(stage.world(), refraction=1.0)
    x, y = (v.ravel() for v in np.meshgrid(np.arange(-2400, 2401, 60.0), np.arange(-1800, 1801, 60.0)))
    cast = Cast(tuple(stage.walker(ground.world, a, b, 0.01) for a, b in zip(x, y, strict=True)))
    places = cast.at(stage.START_NS)
    temperatures = temperatures_of(ground.world, stage.START_NS)
    renderer = Renderer(Scene(ground, temperatures, seed=1), 640, 512)
    figures = Figures(cast, ground)
    told = []
    for azimuth in range(0, 360, 30):
        camera = (100.0, -200.0, ground.height_at(100.0, -200.0) + 180.0)
        view = View(camera, grid_axes(rotation_of(azimuth, -9.0, 0.0), 0.0), 320 / np.tan(np.radians(12.5)))
        renderer.look(view)
        local = ground.local(camera[0], camera[1])
        for seen in figures.render(renderer, view, local, places, temperatures):
            clear_m = _least_height(ground, camera, (x[seen.number], y[seen.number]))
            if abs(clear_m) > 0.02:
                told.append((seen.los_half, clear_m > 0.0))
    assert set(told) == {(True, True), (False, False)}
    assert min(told.count((True, True)), told.count((False, False))) > 20


def _least_height(ground: Ground, camera: tuple[float, float, float], body_xy: tuple[float, float]) -> float:
    """Least height over the ground of the straight line to the body's middle, short of its last 12 m."""
    distance = float(np.hypot(body_xy[0] - camera[0], body_xy[1] - camera[1]))
    part = np.linspace(0.0, 1.0 - 12.0 / distance, 3000)
    top = ground.height_at(*body_xy) + 0.85
    x, y = (camera[k] + part * (body_xy[k] - camera[k]) for k in (0, 1))
    return float((camera[2] + part * (top - camera[2]) - ground.heights_at(x, y)).min())


def test_truth_lines_are_json_with_decimal_times(tmp_path: Path) -> None:
    streams = {"a1": io.BytesIO()}
    fixes = io.StringIO()
    simulator = stage.simulator(stage.world(), from_utc_ns=IN_AIR_NS, minutes=0.1)
    sent = serve(simulator, streams, fixes, tmp_path / "truth.jsonl", paced=False)
    lines = [json.loads(text) for text in (tmp_path / "truth.jsonl").read_text().splitlines()]
    assert lines[0]["kind"] == "night"
    count = {"frames": {"a1": sent}, "missed": {"a1": 0}}
    assert lines[-1] == {"kind": "frame_count", "utc_ns": lines[-1]["utc_ns"]} | count
    assert sent == 60
    assert all(line["utc_ns"].isdigit() for line in lines if "utc_ns" in line)
    decoded = [msgspec.json.decode(text, type=Fix) for text in fixes.getvalue().splitlines()]
    assert sum(fix.utc_ns >= IN_AIR_NS for fix in decoded) == 12


def test_a_reader_that_goes_ends_the_night_and_leaves_whole_lines_of_truth(tmp_path: Path) -> None:
    reading, writing = os.pipe()

    def read_a_little() -> None:
        os.read(reading, 60_000)
        os.close(reading)

    reader = threading.Thread(target=read_a_little)
    reader.start()
    with os.fdopen(writing, "wb", buffering=0) as out:
        simulator = stage.simulator(stage.world(), from_utc_ns=IN_AIR_NS, minutes=5.0)
        sent = serve(simulator, {"a1": out}, None, tmp_path / "truth.jsonl", paced=False)
    reader.join()
    assert 0 < sent < 1000
    text = (tmp_path / "truth.jsonl").read_text()
    assert text.endswith("\n")
    assert next(json.loads(line)["kind"] for line in text.splitlines()) == "night"


def test_interrupt_ends_the_night_after_the_frame(tmp_path: Path) -> None:
    class Interrupting(io.BytesIO):
        def write(self, data: bytes) -> int:  # type: ignore[override]
            if self.tell() == 0:
                signal.raise_signal(signal.SIGINT)
            return super().write(data)

    simulator = stage.simulator(stage.world(), from_utc_ns=IN_AIR_NS, minutes=5.0)
    before = signal.getsignal(signal.SIGINT)
    sent = serve(simulator, {"a1": Interrupting()}, None, tmp_path / "truth.jsonl", paced=False)
    assert sent == 1
    last = json.loads((tmp_path / "truth.jsonl").read_text().splitlines()[-1])
    assert (last["kind"], last["frames"], last["missed"]) == ("frame_count", {"a1": 1}, {"a1": 0})
    assert signal.getsignal(signal.SIGINT) is before


def test_paced_time_runs_no_faster_than_the_clock() -> None:
    import time

    simulator = stage.simulator(stage.world(), from_utc_ns=IN_AIR_NS, minutes=1 / 60, width_px=64, height_px=48)
    begun = time.monotonic()
    serve(simulator, {"a1": io.BytesIO()}, None, None, paced=True)
    assert time.monotonic() - begun >= 0.9


def test_an_unknown_type_of_aircraft_is_refused_by_name() -> None:
    with pytest.raises(InputFault, match="stage"):
        stage.simulator(stage.world(), aircraft={})
