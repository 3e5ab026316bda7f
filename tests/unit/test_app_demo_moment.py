"""Which of the begins that geometry proposes is taken: by what pictures and chain say of each."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from apacheta.app.demo import moment
from apacheta.core.instant import NS
from apacheta.sim.night import Moment
from apacheta.sim.night.moment import CameraWay

FIRST_NS = 1_782_000_000 * NS


def chosen(monkeypatch: pytest.MonkeyPatch, in_view: list[bool], found: list[bool]) -> Any:
    """The begin of a night with a moment each minute, of which this is seen and found."""
    moments = [Moment(FIRST_NS + (60 + 60 * n) * NS, 1, "A1", "foot-01", 0) for n in range(len(in_view))]
    station = CameraWay(np.zeros((300, 3)), np.zeros((300, 3, 3)), np.arange(300) == 7)
    number = {m.utc_ns: n for n, m in enumerate(moments)}
    monkeypatch.setattr(moment, "load_world", lambda path: None)
    monkeypatch.setattr(moment, "on_station_utc_ns", lambda plan: FIRST_NS)
    monkeypatch.setattr(moment, "_simulator", lambda *rest, **more: None)
    monkeypatch.setattr(moment, "_cast", lambda *rest: None)
    monkeypatch.setattr(moment, "camera_ways_of", lambda *rest: {"A1": station})
    monkeypatch.setattr(moment, "moments_of", lambda *rest: moments)
    monkeypatch.setattr(moment, "is_in_view", lambda night, world, utc_ns, cast: in_view[number[utc_ns]])
    monkeypatch.setattr(moment, "is_found", lambda night, world, one, cast: found[number[one.utc_ns]])
    ground = SimpleNamespace(world=None)
    night: Any = SimpleNamespace(exercise=ground, plan=None, sector=SimpleNamespace(end_utc_ns=FIRST_NS + 9_000 * NS))
    return moment._found(night, lambda share: None)


@pytest.mark.parametrize(
    ("in_view", "found", "second", "is_chosen"),
    [
        ([True, True, True], [False, True, True], 120, True),
        ([False, True, True], [True, False, False], 120, True),
        ([False, False], [True, True], 7, False),
        ([], [], 7, False),
    ],
)
def test_who_is_found_comes_before_who_is_only_seen_and_he_before_nobody(
    monkeypatch: pytest.MonkeyPatch, in_view: list[bool], found: list[bool], second: int, is_chosen: bool
) -> None:
    begin = chosen(monkeypatch, in_view, found)
    assert ((begin.utc_ns - FIRST_NS) // NS, begin.is_chosen) == (second, is_chosen)


def test_where_a_part_of_the_night_shows_nobody_the_next_is_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[float] = []
    someone = moment.Begin(utc_ns=FIRST_NS + 9_500 * NS, is_chosen=True)
    parts = {0: moment.Begin(utc_ns=FIRST_NS, is_chosen=False), 9_000: someone}
    monkeypatch.setattr(moment, "load_world", lambda path: None)
    monkeypatch.setattr(moment, "on_station_utc_ns", lambda plan: FIRST_NS)

    def in_part(night: Any, world: Any, from_ns: int, tell: moment.Tell) -> moment.Begin:
        tell(1.0)
        return parts[(from_ns - FIRST_NS) // NS]

    monkeypatch.setattr(moment, "_in_part", in_part)
    ground = SimpleNamespace(world=None)
    for hours, begin in ((2, parts[0]), (10, someone)):
        sector = SimpleNamespace(end_utc_ns=FIRST_NS + hours * 3_600 * NS)
        night: Any = SimpleNamespace(exercise=ground, plan=None, sector=sector)
        assert moment._found(night, told.append) is begin
    assert told == [1.0, 0.25, 0.5]


def test_an_alert_is_about_who_is_near_it() -> None:
    alert: Any = SimpleNamespace(position=SimpleNamespace(lat_deg=-19.5, lon_deg=-66.8))
    near, far = {"lat": -19.5003, "lon": -66.8}, {"lat": -19.5, "lon": -66.801}
    assert moment._is_about(alert, [far, near])
    assert not moment._is_about(alert, [far])
    assert not moment._is_about(alert, [])
