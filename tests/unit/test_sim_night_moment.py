"""When to begin: what geometry promises, the pictures of the night that begins there hold."""

from dataclasses import replace
from typing import Any

import night_stage as stage
import numpy as np
import pytest

from apacheta.sim.night import Cast, Moment, NightSimulator, camera_ways_of, moments_of, on_station
from apacheta.sim.night.gimbal import aims_of
from apacheta.sim.world.crowd import Party

NS = stage.NS
ALOFT_NS = stage.START_NS + 60 * NS
SPAN_S = 420


def walkers(lawful: bool = False) -> tuple[Party, ...]:
    """One walker at each place on the own side that the racetrack looks at: hardly moving, so that each stays there."""
    world = stage.world()
    simulator = stage.simulator(world)
    aims = {(round(a.x_m), round(a.y_m)) for a in aims_of(stage.sortie(world, 4).tour.stares, simulator.ground)}
    own = sorted(at for at in aims if bool(np.all(world.is_own(np.array([at[0]]), np.array([at[1]])))))
    assert own
    made = (stage.walker(world, x, y, speed_m_s=0.4) for x, y in own)
    return tuple(replace(party, crosser=not lawful, lawful=lawful) for party in made)


def night(parties: tuple[Party, ...], from_utc_ns: int = ALOFT_NS, **changes: Any) -> NightSimulator:
    """A night that begins then, with everybody as long after its begin as ever."""
    cast = Cast(tuple(replace(party, epoch_utc_ns=from_utc_ns) for party in parties))
    size = {"width_px": 640, "height_px": 512, "rate_hz": 10.0}
    return stage.simulator(stage.world(), cast=cast, from_utc_ns=from_utc_ns, minutes=1.2, **(size | changes))


def proposed(parties: tuple[Party, ...], **changes: Any) -> list[Moment]:
    simulator = night(parties, **changes)
    return list(moments_of(simulator, camera_ways_of(simulator, SPAN_S)))


@pytest.fixture(scope="module")
def moments() -> list[Moment]:
    return proposed(walkers())


def test_a_crosser_comes_into_view_when_it_was_promised(moments: list[Moment]) -> None:
    """Ten whole seconds in the pictures, from within three seconds of the moment told; nothing of him before."""
    assert moments
    moment = moments[len(moments) // 2]
    assert 20 <= (moment.in_view_utc_ns - moment.utc_ns) / NS <= 40
    views = [
        int(line["utc_ns"])
        for tick in night(walkers(), moment.utc_ns).run(lambda utc_ns: (utc_ns - moment.utc_ns) % NS != 0)
        for line in tick.truth
        if line["kind"] == "view" and line["party"] == moment.party and line["los_half"]
    ]
    after_s = [(utc_ns - moment.in_view_utc_ns) / NS for utc_ns in views]
    assert set(range(3, 10)) <= {round(s) for s in after_s}
    assert not [s for s in after_s if -5 <= s < -3]


def test_the_ways_are_those_of_the_night_that_begins_there(moments: list[Moment]) -> None:
    """Up to its begin a night is flown as it was looked through, to the centimetre."""
    moment = moments[0]
    at = (moment.utc_ns - ALOFT_NS) // NS
    way = camera_ways_of(night(walkers()), at + 1)["a1"]
    begun = night(walkers(), moment.utc_ns)
    tick = next(begun.run())
    place = [line for line in tick.truth if line["kind"] == "aircraft"][-1]
    x_m, y_m = begun.ground.xy(place["lon"], place["lat"])
    assert (x_m, y_m, place["alt_amsl_m"]) == pytest.approx(tuple(way.camera[at]), abs=0.02)


def test_only_begins_on_station_are_proposed(moments: list[Moment]) -> None:
    count = on_station(camera_ways_of(night(walkers()), SPAN_S))
    assert {int(count[(m.utc_ns - ALOFT_NS) // NS]) for m in moments} == {1}
    assert 0 in count


def test_nobody_is_promised_where_only_the_lawful_walk_or_none() -> None:
    assert proposed(walkers(lawful=True)) == []
    assert proposed(()) == []


def test_a_camera_too_coarse_for_a_walker_promises_none() -> None:
    assert proposed(walkers(), width_px=160, height_px=128) == []
