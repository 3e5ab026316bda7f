"""A short night with three aircraft round one party, from the mandate to the report; and one with two deaf streams."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyproj import Geod
from small_night import Flown, fly

from apacheta.app.demo import watching
from apacheta.app.demo.figures import NEAR_BASE_M, SEPARATE_HEIGHT_M
from apacheta.app.demo.simulation import Simulation
from apacheta.ports import Chunk

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
FLEET = ("A1", "A2", "A3")
GEOD = Geod(ellps="WGS84")
CELL_KM2 = 0.03**2


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Flown:
    """24 s of three streams: 720 frames."""
    with pytest.MonkeyPatch.context() as patch:
        return fly(tmp_path_factory.mktemp("three"), patch, aircraft=3)


def test_the_night_comes_to_its_report_and_one_log_verifies(three: Flown) -> None:
    answer = three.answer
    assert (answer["exit_code"], answer["streams"], answer["warnings"]) == (0, 3, []), answer["errors"]
    assert answer["frames_sent"] == answer["frames_decoded"] == answer["frames_georeferenced"] == 3 * 240
    assert answer["video_hours"] == pytest.approx(3 * 24 / 3600, abs=1e-4)
    words = [sys.executable, "-m", "apacheta_verify", str(three.post), "--json"]
    said = json.loads(subprocess.run(words, stdout=subprocess.PIPE, check=False).stdout)
    assert (said["ok"], said["tree_size"]) == (True, answer["entries"])


def test_each_stream_has_its_own_segments_as_the_log_hashed_them(three: Flown) -> None:
    segments = three.entries("video_segment")
    for name in FLEET:
        mine = [s for s in segments if s["stream"] == name]
        assert [s["number"] for s in mine] == list(range(1, len(mine) + 1))
        assert sum(s["frames"] for s in mine) == 240
        kept = (three.post / "video" / name / f"{s['number']:06d}.ts" for s in mine)
        assert [hashlib.sha256(p.read_bytes()).hexdigest() for p in kept] == [s["sha256"] for s in mine]
    assert len({s["sha256"] for s in segments}) == len(segments)


def test_each_stream_has_its_own_flight_positions_and_tracks(three: Flown) -> None:
    assert three.night is not None
    assert {f["aircraft"]: f["sortie"] for f in three.entries("flight_open")} == {n: f"slot-{n}" for n in FLEET}
    flown = {name: sum(len(p["fixes"]) for p in three.entries("positions") if p["aircraft"] == name) for name in FLEET}
    assert flown == {f["aircraft"]: f["fixes"] for f in three.entries("flight_close")}
    tracks = {name: three.night.chains[name].totals.tracks for name in FLEET}
    assert sum(bool(mine) for mine in tracks.values()) >= 2, "more than one camera is sure of the party in 24 s"
    assert all(t.rsplit("-", 1)[0] == name for name, mine in tracks.items() for t in mine)
    assert three.answer["tracks"] == sum(len(mine) for mine in tracks.values())


def test_a_party_that_three_streams_track_is_one_incident(three: Flown) -> None:
    assert three.night is not None
    tracked = {v["stream"] for v in three.truth("view") if v["party"] == "mules-02"}
    assert tracked == set(FLEET)
    assert [a["incident"] for a in three.entries("alert")] == ["incident-0001"]
    assert (three.answer["alerts"], three.answer["true_alerts"], three.answer["crossers_in_view"]) == (1, 1, 1)


def test_seen_ground_is_the_union_of_the_streams(three: Flown) -> None:
    assert three.night is not None
    own = three.night.own_side
    looked = [c.eye.seen.looks > 0 for c in three.night.chains.values() if c.eye is not None and c.eye.seen is not None]
    each_km2 = [float(np.count_nonzero(seen & own)) * CELL_KM2 for seen in looked]
    union_km2 = float(np.count_nonzero(np.any(looked, axis=0) & own)) * CELL_KM2
    assert three.answer["seen_km2"] == pytest.approx(union_km2, abs=1e-4)
    assert max(each_km2) < union_km2 < sum(each_km2)
    told = {e["stream"]: e["seen_km2"] for e in three.entries("looks")}
    assert [told[name] for name in FLEET] == pytest.approx(each_km2, abs=1e-4)


def test_the_least_separation_is_that_of_the_truth(three: Flown) -> None:
    assert three.night is not None
    bases, rows = three.night.sector.bases, three.truth("aircraft")
    at: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows:
        off = [GEOD.inv(row["lon"], row["lat"], b.lon_deg, b.lat_deg)[2] for b in bases]
        if min(off) >= NEAR_BASE_M:
            at.setdefault(row["utc_ns"], {})[row["aircraft"]] = row
    level = [
        GEOD.inv(a["lon"], a["lat"], b["lon"], b["lat"])[2]
        for now in at.values()
        for a, b in combinations(now.values(), 2)
        if abs(a["alt_hae_m"] - b["alt_hae_m"]) < SEPARATE_HEIGHT_M
    ]
    assert len(level) > 100
    assert three.answer["min_separation_m"] == pytest.approx(min(level), abs=0.02)


def test_the_report_shows_three_flights_and_one_alert(three: Flown) -> None:
    page = three.page()
    assert all(f"slot-{name}" in page for name in FLEET)
    assert page.count('<article class="alert">') == 1


class Deaf:
    """A stream of which nothing is heard after so many bytes: its radio is dead, and the aircraft flies on."""

    def __init__(self, source: Any, after: int) -> None:
        self._source, self._after = source, after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def chunks(self) -> Iterator[Chunk]:
        heard = 0
        for chunk in self._source.chunks():
            heard += len(chunk.data)
            yield chunk if heard < self._after else Chunk(b"", chunk.received_monotonic_ns)


def test_a_stream_that_dies_and_one_that_never_comes_do_not_stop_the_third(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = watching.start_simulation

    def start(*given: Any) -> Simulation:
        simulation = real(*given)
        simulation.streams["A2"] = Deaf(simulation.streams["A2"], 500_000)
        return simulation

    monkeypatch.setattr(watching, "start_simulation", start)
    flown = fly(tmp_path, monkeypatch, aircraft=3, late=("A3",))
    assert (flown.answer["exit_code"], flown.answer["log_verified"]) == (0, True), flown.answer["errors"]
    assert flown.night is not None
    frames = {name: chain.totals.frames for name, chain in flown.night.chains.items()}
    assert frames["A1"] == 240
    assert 0 < frames["A2"] < 240
    assert frames["A3"] == 0
    assert flown.answer["frames_dropped"] == 240 - frames["A2"]
    kept = {n: sum(s["frames"] for s in flown.entries("video_segment") if s["stream"] == n) for n in FLEET}
    assert (kept["A1"], kept["A3"]) == (240, 0)
    assert kept["A2"] == flown.night.chains["A2"].totals.frames_georeferenced > 0
    assert flown.night.chains["A1"].totals.tracks
    assert [f["aircraft"] for f in flown.entries("flight_open")] == ["A1", "A2"]
    assert flown.answer["sorties"] == 2
