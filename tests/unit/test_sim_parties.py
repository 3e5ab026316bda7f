"""The people and animals of a night over a small generated pass."""

import numpy as np
import pytest

from apacheta.sim.world import (
    CROSSERS_PER_HOUR,
    Crowd,
    Party,
    World,
    crowd_of,
    generate_world,
    parties_of,
    positions,
)

NS = 1_000_000_000
DUSK = 1_782_345_600 * NS
HOURS = 2
DAWN = DUSK + HOURS * 3600 * NS


@pytest.fixture(scope="module")
def one_pass() -> World:
    """6 x 5 km, border from west to east, own side north."""
    return generate_world(3, 6_000.0, 5_000.0)


@pytest.fixture(scope="module")
def busy(one_pass: World) -> list[Party]:
    """Two hours with crossers."""
    return parties_of(one_pass, DUSK, DAWN, seed=7)


@pytest.fixture(scope="module")
def crowd(busy: list[Party]) -> Crowd:
    """The same, packed."""
    return crowd_of(busy)


def route_bytes(parties: list[Party]) -> bytes:
    """Everything that a night's movement follows from."""
    arrays = [a for p in parties for r in p.routes for a in (r.time_s, r.along_m, r.xy_m, r.heading)]
    return b"".join(a.tobytes() for a in arrays) + repr([(p.id, p.members, p.from_s, p.to_s) for p in parties]).encode()


def tracks(crowd: Crowd, step_s: float, span_s: float = HOURS * 3600.0) -> np.ndarray:
    """(instants, members, 2) positions, NaN where a member is not there."""
    times = np.arange(0.0, span_s, step_s)
    where = np.full((len(times), len(crowd.members), 2), np.nan)
    for k, t in enumerate(times):
        now = positions(crowd, DUSK + int(t * NS))
        where[k, now.member, 0], where[k, now.member, 1] = now.x_m, now.y_m
    return where


def of_kind(crowd: Crowd, kind: str) -> np.ndarray:
    """Which members belong to parties of a kind."""
    return np.array([crowd.parties[p].kind == kind for p in crowd.party])


def test_the_same_seed_gives_the_same_night(one_pass: World, busy: list[Party]) -> None:
    assert route_bytes(parties_of(one_pass, DUSK, DAWN, seed=7)) == route_bytes(busy)
    assert route_bytes(parties_of(one_pass, DUSK, DAWN, seed=8)) != route_bytes(busy)


def test_without_crossers_the_innocent_do_the_same(one_pass: World, busy: list[Party]) -> None:
    calm = parties_of(one_pass, DUSK, DAWN, seed=7, crossers_per_hour=0.0)
    assert not any(p.crosser for p in calm)
    assert route_bytes(calm) == route_bytes([p for p in busy if not p.crosser])
    assert {p.kind for p in calm} == {"shepherd", "villager", "goats", "fox"}


def test_a_denser_night_has_as_many_more(one_pass: World, busy: list[Party]) -> None:
    dense = parties_of(one_pass, DUSK, DAWN, seed=7, crossers_per_hour=3.0 * CROSSERS_PER_HOUR)
    assert sum(p.crosser for p in dense) == 3 * sum(p.crosser for p in busy)
    assert route_bytes([p for p in dense if not p.crosser]) == route_bytes([p for p in busy if not p.crosser])


def test_a_busy_night_holds_every_class_in_the_stated_numbers(busy: list[Party]) -> None:
    crossers = [p for p in busy if p.crosser]
    assert len(crossers) == round(CROSSERS_PER_HOUR * (HOURS + 2400 / 3600))
    count = {kind: sum(p.kind == kind for p in crossers) for kind in ("foot", "mules", "convoy")}
    assert count["foot"] > count["mules"] > count["convoy"] >= 1
    assert all(not p.lawful for p in crossers)
    assert all(p.lawful == (p.kind in ("shepherd", "villager")) for p in busy)
    assert len({p.id for p in busy}) == len(busy)


def test_members_are_those_of_their_class(busy: list[Party]) -> None:
    for party in busy:
        kinds = [m.kind for m in party.members]
        people, mules, vehicles = (kinds.count(k) for k in ("person", "mule", "vehicle"))
        if party.kind == "foot":
            assert 1 <= people == len(kinds) <= 6
        elif party.kind == "mules":
            assert 2 <= people <= 4
            assert 3 <= mules <= 8
        elif party.kind == "convoy":
            assert vehicles == len(kinds) == 4
        elif party.kind == "goats":
            assert 8 <= kinds.count("goat") == len(kinds) <= 20
        for member in party.members:
            assert 4.0 <= member.temp_excess_c <= 20.0


def test_files_keep_their_spacing(busy: list[Party]) -> None:
    for party in busy:
        gaps = np.diff(sorted(m.lag_m for m in party.members))
        if party.kind in ("foot", "mules") and len(gaps):
            assert gaps.min() >= 2.0
            assert gaps.max() <= 6.0
        if party.kind == "convoy":
            assert 30.0 <= gaps[1:].min() <= gaps[1:].max() <= 60.0
            assert gaps[0] > 150.0  # the scout; 400 m and more where the way is long enough


def test_crossers_go_from_the_other_side_to_a_goal_on_the_own_side(one_pass: World, busy: list[Party]) -> None:
    for party in (p for p in busy if p.crosser):
        (route,) = party.routes
        assert not one_pass.is_own(*route.xy_m[0]), party.id
        assert one_pass.is_own(*route.xy_m[-1]), party.id
        assert party.crossing_s is not None
        here = [np.interp(party.crossing_s, route.time_s, route.xy_m[:, k]) for k in (0, 1)]
        line = one_pass.border[0]
        close = np.abs(np.interp(here[0], line[:, 0], line[:, 1]) - here[1])
        assert close < 200.0, party.id


def test_crossers_spread_over_several_places_of_the_border(one_pass: World, busy: list[Party]) -> None:
    crossed = [
        np.interp(p.crossing_s, p.routes[0].time_s, p.routes[0].xy_m[:, 0]) for p in busy if p.crossing_s is not None
    ]
    assert len(set(np.round(np.array(crossed) / 150.0))) >= 4


def test_speeds_stay_within_the_class(crowd: Crowd) -> None:
    fastest: dict[str, float] = {}
    for k in range(0, HOURS * 3600, 7):
        now = positions(crowd, DUSK + k * NS)
        for kind in ("foot", "mules", "convoy", "shepherd", "fox", "goats"):
            mine = np.array([crowd.parties[p].kind == kind for p in now.party])
            moving = mine & now.moving
            if moving.any():
                fastest[kind] = max(fastest.get(kind, 0.0), float(now.speed_m_s[moving].max()))
                assert now.speed_m_s[moving].min() >= {"convoy": 6.0, "fox": 1.5}.get(kind, 0.35) - 1e-9
    assert fastest["foot"] <= 1.3 + 1e-9
    assert fastest["mules"] <= 1.2 + 1e-9
    assert fastest["convoy"] <= 12.0 + 1e-9
    assert fastest["shepherd"] <= 1.0 + 1e-9
    assert fastest["fox"] <= 3.0 + 1e-9
    assert fastest.get("goats", 0.0) <= 0.41


def test_nobody_jumps(crowd: Crowd) -> None:
    """Positions a tenth of a second apart differ by what the speed says (and a little sway in bends)."""
    path = tracks(crowd, 0.1, 120.0)
    step = np.hypot(*np.moveaxis(np.diff(path, axis=0), -1, 0))
    assert np.nanmax(step) < 13.5 * 0.1
    walkers = of_kind(crowd, "foot")
    assert np.nanmax(step[:, walkers]) < 0.25


def test_goats_shift_two_metres_at_most(crowd: Crowd) -> None:
    path = tracks(crowd, 20.0)[:, of_kind(crowd, "goats")]
    assert not np.isnan(path).any()
    reach = np.hypot(*np.moveaxis(path - path[:1], -1, 0)).max(axis=0)
    assert reach.max() <= 2.0 + 1e-9
    assert reach.max() > 0.3  # they do shift


def test_shepherds_stay_within_two_kilometres_of_a_village(one_pass: World, crowd: Crowd) -> None:
    path = tracks(crowd, 60.0)[:, of_kind(crowd, "shepherd")].reshape(-1, 2)
    path = path[~np.isnan(path[:, 0])]
    near = np.min([np.hypot(path[:, 0] - v.x_m, path[:, 1] - v.y_m) for v in one_pass.villages], axis=0)
    assert near.max() < 2100.0


def test_lawful_cars_keep_to_the_road_and_away_from_the_border(one_pass: World, busy: list[Party]) -> None:
    (road,) = one_pass.roads
    for party in (p for p in busy if p.kind == "villager" and p.members[0].kind == "vehicle"):
        for x, y in party.routes[0].xy_m[::10]:
            assert np.hypot(road.chain[:, 0] - x, road.chain[:, 1] - y).min() < 40.0


def test_a_night_of_nobody_is_empty() -> None:
    now = positions([], DUSK)
    assert len(now.x_m) == len(now.member) == 0


def test_headings_point_along_the_movement(crowd: Crowd) -> None:
    a, b = positions(crowd, DUSK + 600 * NS), positions(crowd, DUSK + 601 * NS)
    _, i, j = np.intersect1d(a.member, b.member, return_indices=True)
    east, north = b.x_m[j] - a.x_m[i], b.y_m[j] - a.y_m[i]
    going = np.hypot(east, north) > 0.5
    assert going.sum() > 5
    turn = np.angle(np.exp(1j * (np.arctan2(east, north) - a.heading_rad[i])))[going]
    assert np.percentile(np.abs(np.degrees(turn)), 85) < 5.0
    assert np.abs(np.degrees(turn)).max() < 100.0  # a fox that turns on its heel
