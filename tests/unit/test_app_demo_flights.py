"""Flights in the account, from the fixes of a simulated night: one for each sortie, with its way out."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import night_stage as stage
import pytest

from apacheta.adapters.filelog import FileLogStore
from apacheta.app.chain import Keeper
from apacheta.app.demo.flights import Flights
from apacheta.app.logbook import open_account
from apacheta.app.post import open_post
from apacheta.core.plan import Slot, Sortie

FROM_NS = stage.START_NS + 60 * stage.NS
"""The first picture: a minute after the first take-off."""


@pytest.fixture(scope="module")
def entries(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The account of two sorties of one aircraft, closed without a word about what still flies."""
    folder = tmp_path_factory.mktemp("flights")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("APACHETA_KEY", str(folder / "keys" / "post.pem"))
        fly(folder / "post")
    store = FileLogStore(folder / "post" / "log")
    try:
        return [json.loads(store.entry(n)) for n in range(store.size())]
    finally:
        store.close()


def fly(folder: Path) -> None:
    world = stage.world()
    two = (stage.sortie(world, 1, 0.0, 1), stage.sortie(world, 1, 900.0, 2))
    tours = {s.tour.id: s.tour for s in two}
    night = SimpleNamespace(
        fleet=("a1",),
        past=None,
        post=SimpleNamespace(watch="watch-1"),
        plan=SimpleNamespace(slots=[slot_of(s) for s in two], flown=lambda slot: tours[slot.drawn]),
    )
    simulator = stage.simulator(
        world, sorties=two, from_utc_ns=FROM_NS, minutes=30.0, width_px=64, height_px=48, rate_hz=1.0
    )
    post = open_post(folder)
    account = open_account(post)[0]
    keeper = Keeper(post, account, keep_video=False)
    flights = Flights(night, keeper)  # type: ignore[arg-type]
    for tick in simulator.run():
        for fix in tick.fixes:
            flights.fix(fix)
    keeper.commit()
    account.close()


def slot_of(sortie: Sortie) -> Slot:
    return Slot(
        id=sortie.id, aircraft=sortie.aircraft, aircraft_type=sortie.aircraft_type, base=sortie.base,
        launch_utc_ns=str(sortie.launch_utc_ns), tours=(sortie.tour.id,), probabilities=(1.0,), drawn=sortie.tour.id,
    )  # fmt: skip


def of_kind(entries: list[dict[str, Any]], *kinds: str) -> list[dict[str, Any]]:
    return [e["body"] | {"kind": e["kind"]} for e in entries if e["kind"] in kinds]


def test_two_sorties_of_one_aircraft_are_two_flights(entries: list[dict[str, Any]]) -> None:
    flights = of_kind(entries, "flight_open", "flight_close")
    assert [(f["kind"], f["aircraft"], f["number"]) for f in flights] == [
        ("flight_open", "a1", 1), ("flight_close", "a1", 1), ("flight_open", "a1", 2), ("flight_close", "a1", 2),
    ]  # fmt: skip
    assert [(f["sortie"], f["tour"]) for f in flights[::2]] == [("slot-1", "t1"), ("slot-2", "t2")]


def test_every_position_is_in_the_account_and_in_its_own_flight(entries: list[dict[str, Any]]) -> None:
    told = of_kind(entries, "flight_open", "positions", "flight_close")
    ends = [n for n, e in enumerate(told) if e["kind"] == "flight_close"]
    for begin, end in zip([0, ends[0] + 1], ends, strict=True):
        assert told[begin]["kind"] == "flight_open"
        assert sum(len(e["fixes"]) for e in told[begin + 1 : end]) == told[end]["fixes"] > 100


def test_the_way_out_before_the_first_picture_is_in_the_account(entries: list[dict[str, Any]]) -> None:
    times_ns = [int(row[0]) for e in of_kind(entries, "positions") for row in e["fixes"]]
    before = [t for t in times_ns if t < FROM_NS]
    assert times_ns == sorted(times_ns)
    assert min(before) <= stage.START_NS + 2 * stage.NS
    assert len(before) >= 55
