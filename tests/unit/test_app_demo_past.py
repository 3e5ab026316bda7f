"""A core that goes on where a killed one ended: what the log holds of the watch, and nothing of another."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from live_stage import NS, START_NS, alert, fix

from apacheta.adapters.filelog import FileLogStore
from apacheta.alert.watchman import unreviewed
from apacheta.app.chain import Keeper
from apacheta.app.demo.flights import Flights
from apacheta.app.demo.past import past_of
from apacheta.app.logbook import open_account
from apacheta.app.post import Post, open_post


@pytest.fixture
def post(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    """A watch whose core ended in the middle of a flight, after an older watch in the same log."""
    monkeypatch.setenv("APACHETA_KEY", str(tmp_path / "keys" / "post.pem"))
    post = open_post(tmp_path / "post")
    account, _ = open_account(post)
    keeper = Keeper(post, account, keep_video=False)
    for watch in ("watch-0", "watch-1"):
        keeper.note("plan", START_NS, {"watch": watch})
        segment(keeper, 1, 60)
        segment(keeper, 2, 50)
        flights = Flights(night(None, watch), keeper)  # type: ignore[arg-type]
        for second in range(25):
            fly(keeper, flights, second)
        if watch == "watch-0":
            keeper.close_blocks()
    made = alert(3)
    keeper.alert(made, unreviewed(made))
    account._store.close()
    return post


def segment(keeper: Keeper, number: int, frames: int) -> None:
    body = {"from_utc_ns": str(START_NS + number * NS), "to_utc_ns": None, "frames": frames}
    keeper.segment("A1", number, b"", body, START_NS)


def fly(keeper: Keeper, flights: Flights, second: int, phase: str = "station") -> None:
    flights.fix(msgspec.structs.replace(fix(START_NS + second * NS), phase=phase))


def night(past: Any, watch: str = "watch-1") -> SimpleNamespace:
    return SimpleNamespace(fleet=("A1",), plan=SimpleNamespace(slots=()), past=past, post=SimpleNamespace(watch=watch))


def entries(post: Post, kind: str) -> list[dict[str, Any]]:
    store = FileLogStore(post.log)
    try:
        found = [json.loads(store.entry(n)) for n in range(store.size())]
    finally:
        store.close()
    return [e["body"] for e in found if e["kind"] == kind]


def test_the_watch_so_far_is_what_the_log_holds_of_it(post: Post) -> None:
    account, _ = open_account(post)
    past = past_of(account, "watch-1")
    account.close()
    assert (past.frames, past.first_utc_ns) == ({"A1": 110}, START_NS + NS)
    assert [f.utc_ns for f in past.fixes["A1"]] == [START_NS + n * NS for n in range(20)]
    assert past.fixes["A1"][0].position.lat_deg == pytest.approx(fix().position.lat_deg, abs=1e-6)
    assert [a.id for a in past.alerts] == ["alert-0003"]
    assert (past.aloft["A1"].number, past.aloft["A1"].fixes) == (1, 20)


def test_a_flight_that_was_left_open_goes_on_and_is_closed_once(post: Post) -> None:
    account, _ = open_account(post)
    keeper = Keeper(post, account, keep_video=False)
    flights = Flights(night(past_of(account, "watch-1")), keeper)  # type: ignore[arg-type]
    for second in range(30, 35):
        fly(keeper, flights, second)
    fly(keeper, flights, 36, "ground")
    fly(keeper, flights, 700)
    flights.end()
    keeper.close()
    opened, closed = entries(post, "flight_open"), entries(post, "flight_close")
    assert [f["number"] for f in opened] == [1, 1, 2]
    assert [(f["number"], f["fixes"]) for f in closed] == [(1, 25), (2, 1)]


def test_an_aircraft_that_landed_while_nobody_watched_ends_its_flight(post: Post) -> None:
    account, _ = open_account(post)
    keeper = Keeper(post, account, keep_video=False)
    flights = Flights(night(past_of(account, "watch-1")), keeper)  # type: ignore[arg-type]
    fly(keeper, flights, 60, "ground")
    flights.end()
    keeper.close()
    assert [(f["number"], f["fixes"]) for f in entries(post, "flight_close")] == [(1, 20)]
