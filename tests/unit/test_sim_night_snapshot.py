"""A night that goes on from a snapshot is the night that it would have been."""

import io
import json
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import night_stage as stage
import pytest

from apacheta.core.sight import Fix
from apacheta.formats.ts import TsDemuxer
from apacheta.sim.night import Cast, Ground, NightSimulator, Tick, serve
from apacheta.sim.night.gimbal import aims_of
from apacheta.sim.night.truth_file import TruthFile

IN_AIR_NS = stage.START_NS + 170 * stage.NS
Picture = tuple[int, bytes, bytes]


def in_the_air(**changes: Any) -> NightSimulator:
    """Six seconds on station over people who stand where the camera looks; small pictures."""
    world = stage.world()
    aims = aims_of(stage.sortie(world, 4).tour.stares, Ground(world))
    cast = Cast(tuple(stage.walker(world, a.x_m, a.y_m, 0.1) for a in aims[:8]))
    settings = {"from_utc_ns": IN_AIR_NS, "minutes": 0.1, "cast": cast, "width_px": 160, "height_px": 128}
    return stage.simulator(world, **(settings | changes))


def photographed(simulator: NightSimulator) -> list[Picture]:
    """What goes to the coder, as it goes: time, picture, metadata."""
    taken: list[Picture] = []
    for crew in simulator.crews:
        made = crew.stream.packets

        def packets(utc_ns: int, gray: Any, klv: bytes, made: Any = made) -> bytes:
            taken.append((utc_ns, gray.tobytes(), klv))
            return made(utc_ns, gray, klv)

        crew.stream.packets = packets  # type: ignore[method-assign]
    return taken


def snapshot_at(simulator: NightSimulator, ticks: Iterator[Tick], count: int) -> dict[str, Any]:
    """The snapshot after so many ticks, written down and read again."""
    list(islice(ticks, count))
    return json.loads(json.dumps(simulator.snapshot()))


@cache
def interrupted_in_the_air() -> tuple[dict[str, Any], list[Tick], list[Picture]]:
    """The snapshot after 3 s, and what the same night has after it."""
    simulator = in_the_air()
    taken, ticks = photographed(simulator), simulator.run()
    state = snapshot_at(simulator, ticks, 30)
    rest = list(ticks)
    return state, rest, [p for p in taken if p[0] >= state["utc_ns"]]


def test_pictures_metadata_fixes_and_truth_go_on_as_they_would_have() -> None:
    """All but the coder's bytes: its stream begins anew."""
    state, rest, pictures = interrupted_in_the_air()
    other = in_the_air()
    taken = photographed(other)
    other.resume(state, state["utc_ns"])
    ticks = list(other.run())
    assert [t.utc_ns for t in ticks] == [t.utc_ns for t in rest]
    assert [t.truth for t in ticks] == [t.truth for t in rest]
    assert [t.fixes for t in ticks] == [t.fixes for t in rest]
    assert taken == pictures
    assert {line["kind"] for t in ticks for line in t.truth} >= {"aircraft", "view", "where", "frame_count"}
    assert b"\x00\x00\x01\x65" in ticks[0].streams["a1"]  # an IDR slice


def test_what_is_missed_is_flown_without_pictures_and_changes_nothing_after_it() -> None:
    state, rest, pictures = interrupted_in_the_air()
    present_ns = state["utc_ns"] + stage.NS
    other = in_the_air()
    taken = photographed(other)
    other.resume(state, state["utc_ns"] + 4 * stage.NS // 10)
    ticks = list(other.run(lambda utc_ns: utc_ns < present_ns))
    assert [bool(t.streams) for t in ticks] == [False] * 10 + [True] * 20 + [False]
    assert [t.fixes for t in ticks] == [t.fixes for t in rest]
    for kinds in ({"aircraft", "where"}, {"view"}):
        assert lines_of(ticks, kinds, present_ns) == lines_of(rest, kinds, present_ns)
    assert lines_of(ticks, {"aircraft"}) == lines_of(rest, {"aircraft"})
    assert [(at, klv) for at, _, klv in taken] == [(at, klv) for at, _, klv in pictures if at >= present_ns]
    assert ticks[-1].truth[-1]["frames"] == {"a1": 30 + 5 + 20}
    assert ticks[-1].truth[-1]["missed"] == {"a1": 5}


def lines_of(ticks: list[Tick], kinds: set[str], from_utc_ns: int = 0) -> list[dict[str, Any]]:
    return [line for t in ticks if t.utc_ns >= from_utc_ns for line in t.truth if line["kind"] in kinds]


def test_on_the_ground_the_streams_bytes_are_the_same_too() -> None:
    """Between two sorties: the second one's coder begins anew in any case."""
    world = stage.world()
    first = stage.sortie(world, 4)
    landing_ns = first.launch_utc_ns + round(first.tour.duration_s * stage.NS)
    two = (first, stage.sortie(world, 1, 1_000.0, 2))
    settings = {"sorties": two, "from_utc_ns": landing_ns - 60 * stage.NS, "minutes": 25.0}
    small = {"width_px": 64, "height_px": 48, "rate_hz": 1.0}
    simulator = in_the_air(**settings, **small)
    ticks = simulator.run()
    while simulator.crews[0].air is not None or len(simulator.crews[0].waiting) == 2:
        next(ticks)
    state = snapshot_at(simulator, ticks, 5)
    rest = list(ticks)
    other = in_the_air(**settings, **small)
    other.resume(state, state["utc_ns"])
    again = list(other.run())
    assert again == rest
    assert sum(bool(t.streams) for t in rest) > 60


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], bytes, list[str]]:
    """A night of twelve seconds in one piece: its snapshot after ten, its truth, its fixes."""
    folder, kept, fixes = tmp_path_factory.mktemp("whole"), [], io.StringIO()
    night = in_the_air(minutes=0.2, width_px=64, height_px=48)
    serve(night, {"a1": io.BytesIO()}, fixes, folder / "truth.jsonl", paced=False, keep=kept.append)
    assert [state["utc_ns"] - IN_AIR_NS for state in kept] == [stage.NS // 10, 101 * stage.NS // 10]
    return json.loads(json.dumps(kept[-1])), (folder / "truth.jsonl").read_bytes(), fixes.getvalue().splitlines()


@pytest.mark.parametrize("beyond", [0, 1, 150, 333, 10**9])
def test_truth_that_was_cut_off_anywhere_after_the_snapshot_becomes_whole_again(
    whole: tuple[dict[str, Any], bytes, list[str]], tmp_path: Path, beyond: int
) -> None:
    """Killed after so many bytes more, in the middle of a line or at its end: no line is torn, missing or twice."""
    state, truth, told = whole
    path, fixes = tmp_path / "truth.jsonl", io.StringIO()
    path.write_bytes(truth[: state["truth_bytes"] + beyond])
    before = [json.loads(line) for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
    night = in_the_air(minutes=0.2, width_px=64, height_px=48)
    serve(night, {"a1": io.BytesIO()}, fixes, path, paced=False, last=state)
    assert path.read_bytes() == truth
    known = {(line["aircraft"], int(line["utc_ns"])) for line in before if line["kind"] == "aircraft"}
    new = [msgspec.json.decode(line, type=Fix) for line in fixes.getvalue().splitlines()]
    assert not any((fix.aircraft, fix.utc_ns) in known for fix in new)
    assert len(known) + len(new) == len(told)


def test_truth_that_has_gone_is_begun_again(whole: tuple[dict[str, Any], bytes, list[str]], tmp_path: Path) -> None:
    state, _, _ = whole
    truth = TruthFile(tmp_path / "truth.jsonl", state["truth_bytes"])
    truth.write([{"kind": "night"}])
    truth.close()
    assert (tmp_path / "truth.jsonl").read_text() == '{"kind":"night"}\n'


def test_a_stream_that_goes_on_can_be_read_from_its_first_packet() -> None:
    state, _, _ = interrupted_in_the_air()
    other = in_the_air()
    other.resume(state, state["utc_ns"])
    demuxer = TsDemuxer()
    units = [u for t in other.run() for u in demuxer.feed(t.streams.get("a1", b""))] + demuxer.flush()
    assert sum(u.kind == "video" for u in units) == 30
    assert demuxer.stats.continuity_errors == 0
