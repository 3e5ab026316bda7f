"""A core that watches: a real stream through a real chain, told over a real socket while it happens."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from live_stage import NS, START_NS, STREAM, Console, core, fix, stream
from stream_sample import own_stream

from apacheta.app.chain import Chain, ChainSettings
from apacheta.app.live.health import Arrivals, real_time_factor, stream_row
from apacheta.formats.envelope import Envelope, decode_envelope


def told(heard: Sequence[tuple[str, Any]], kind: str) -> list[Any]:
    return [message for k, message in heard if k == kind]


def envelopes(heard: Sequence[tuple[str, Any]]) -> list[Envelope]:
    return [decode_envelope(data) for _, data in told(heard, "V")]


def test_a_walker_is_followed_from_video_to_a_decision(tmp_path: Path) -> None:
    """Twelve seconds of flight: video, sights, tracks and an alert are told; who comes late knows the same."""
    with core(tmp_path) as c, Console(tmp_path / "core.sock") as console:
        assert [console.next()[0] for _ in range(3)] == ["night", "seen_grid", "snapshot"]
        heard: list[tuple[str, Any]] = []
        ear = Thread(target=lambda: heard.extend(console.rest()))
        ear.start()
        c.still()
        chain = c.chain()
        for packets in stream():
            chain.feed(packets)
        c.live.publisher.fix(fix(START_NS + 12 * NS))
        c.live.publisher.tick()
        c.live.publisher.tick()
        with Console(tmp_path / "core.sock") as late:
            snapshot = late.until("snapshot")
        c.live.close("night.html")
        ear.join()
    kinds = Counter(kind for kind, _ in heard)
    assert (kinds["V"], heard[-1]) == (len(stream()), ("end", told(heard, "end")[0]))
    assert kinds["sight"] == kinds["tracks"] > 40
    (alert,) = chain.alerts
    assert [(m["id"], m["mover"]) for m in told(heard, "alert")] == [(alert.id, alert.kind)]
    about = [t for m in told(heard, "tracks") for t in m["tracks"] if t["alert"] == alert.id]
    assert {t["id"] for t in about} >= set(alert.tracks)
    assert [a["id"] for a in snapshot["alerts"]] == [alert.id]
    assert snapshot["aircraft"] == told(heard, "fix")[:1]
    assert snapshot["sights"] == told(heard, "sight")[-1:]
    assert snapshot["health"]["streams"][0]["frames"] == chain.totals.frames


def test_each_unit_is_told_as_it_came_with_its_own_pose(tmp_path: Path) -> None:
    with core(tmp_path, simulated=False) as c, Console(tmp_path / "core.sock") as console:
        console.until("snapshot")
        chain = Chain(ChainSettings(STREAM), None, None, c.keeper)
        c.live.publisher.follow({STREAM: chain})
        chain.feed(own_stream(20))
        c.live.close(None)
        heard = console.rest()
    made = envelopes(heard)
    assert [e.key for e in made] == [n % 10 == 0 for n in range(20)]
    assert [e.pts_90k for e in made] == [90_000 + 9_000 * n for n in range(20)]
    assert all(e.own_metadata and not e.damaged and not e.gap for e in made)
    assert {name for name, _ in told(heard, "V")} == {STREAM}


def test_a_unit_without_metadata_has_the_newest_pose_or_none(tmp_path: Path) -> None:
    with core(tmp_path) as c, Console(tmp_path / "core.sock") as console:
        console.until("snapshot")
        chain = Chain(ChainSettings(STREAM), None, None, None)
        c.live.publisher.follow({STREAM: chain})
        chain.feed(own_stream(3, metadata=False))
        c.live.close(None)
        made = envelopes(console.rest())
    assert [(e.metadata, e.own_metadata) for e in made] == [(b"", False)] * 3


def test_positions_are_told_once_a_tick_and_silence_is_told(tmp_path: Path) -> None:
    class Clock:
        now_ns = 0

        def utc_ns(self) -> int:
            return START_NS

        def monotonic_ns(self) -> int:
            return self.now_ns

    with core(tmp_path) as c, Console(tmp_path / "core.sock") as console:
        console.until("snapshot")
        c.still()
        clock = c.live.publisher._clock = Clock()
        for n in range(10):
            c.live.publisher.fix(fix(START_NS + n * NS))
        for silent_s in (0, 1, 3, 4, 11, 12):
            clock.now_ns = silent_s * NS
            c.live.publisher.tick()
        c.live.close(None)
        heard = told(console.rest(), "fix")
    assert [(m["utc_ns"], m["link"]) for m in heard] == [
        (str(START_NS + 9 * NS), link) for link in ("good", "late", "lost")
    ]


def test_a_checkpoint_is_told_when_it_is_made_and_stands_in_the_snapshot(tmp_path: Path) -> None:
    with core(tmp_path) as c, Console(tmp_path / "core.sock") as console:
        first = console.until("snapshot")["log"]
        last = c.keeper.close()
        assert console.until("log")["tree_size"] == last.size == first["tree_size"] + 1
        with Console(tmp_path / "core.sock") as late:
            assert late.until("snapshot")["log"]["checkpoint_sha256"] == last.sha256


@pytest.mark.parametrize(("silent_s", "state"), [(0.5, "live"), (1.5, "stale"), (9.0, "stale"), (11.0, "lost")])
def test_a_silent_stream_is_stale_and_then_lost(silent_s: float, state: str) -> None:
    arrivals = Arrivals()
    chain = Chain(ChainSettings(STREAM), None, None, None)
    assert stream_row(STREAM, chain.totals, 0, arrivals, 5 * NS)["state"] == "lost"
    arrivals.unit(5 * NS)
    assert stream_row(STREAM, chain.totals, 0, arrivals, round((5 + silent_s) * NS))["state"] == state


def test_the_real_time_factor_is_that_of_the_stream_that_lags_most() -> None:
    rows = []
    for seconds in (10, 8):
        chain, arrivals = Chain(ChainSettings(STREAM), None, None, None), Arrivals()
        chain.totals.first_utc_ns, chain.totals.last_utc_ns = START_NS, START_NS + seconds * NS
        arrivals.unit(NS)
        rows.append((chain.totals, arrivals))
    assert real_time_factor(rows, 11 * NS) == 0.8
    assert real_time_factor(rows, NS + 1) is None
    assert real_time_factor([], 11 * NS) is None
