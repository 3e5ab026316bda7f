"""What of a night cannot be made anew from its arguments, as JSON values: a simulator that ended goes on from it.

Numbers come back to the last bit (Python writes the shortest decimal that does), the generators in their very state.
Not in it: the coder. A stream that goes on begins with a key frame.
"""

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from .air import Drift
from .flight import Flight, Motion
from .gimbal import Gimbal, Sight
from .pose import Navigation
from .warmth import temperatures_of

if TYPE_CHECKING:
    from .night import Airborne, Crew, NightSimulator

State = dict[str, Any]
FORMAT = "night-snapshot/1"


def snapshot_of(night: "NightSimulator") -> State:
    """The night's state between two instants; `utc_ns` is the next one."""
    return {
        "format": FORMAT,
        "utc_ns": night.next_utc_ns,
        "cooled_utc_ns": night.cooled_utc_ns,
        "whereabouts": [night.whereabouts.last_xy.tolist(), night.whereabouts.last_utc_ns.tolist()],
        "markers": {name: squares.last_utc_ns.tolist() for name, squares in night.fields.items()},
        "crews": {crew.name: _crew_state(crew) for crew in night.crews},
    }


def resume(night: "NightSimulator", state: State) -> None:
    """Put a night that was made with the same arguments into that state."""
    night.next_utc_ns, night.cooled_utc_ns = state["utc_ns"], state["cooled_utc_ns"]
    night.scene.temperatures = temperatures_of(night.ground.world, night.cooled_utc_ns)
    xy, utc_ns = state["whereabouts"]
    night.whereabouts.last_xy[:], night.whereabouts.last_utc_ns[:] = xy, utc_ns
    for name, seen_utc_ns in state["markers"].items():
        night.fields[name].last_utc_ns[:] = seen_utc_ns
    for crew in night.crews:
        _resume_crew(night, crew, state["crews"][crew.name])


def _crew_state(crew: "Crew") -> State:
    sensor = crew.sensor
    low_c = None if sensor.low_c is None else float(sensor.low_c)
    return {
        "waiting": len(crew.waiting),
        "free_utc_ns": crew.free_utc_ns,
        "pictures": crew.pictures,
        "sent": crew.stream.frames,
        "counters": crew.stream.muxer.counters,
        "sensor": {"chance": _chance(sensor.rng), "low_c": low_c, "high_c": float(sensor.high_c)},
        "air": None if crew.air is None else _air_state(crew.air),
    }


def _resume_crew(night: "NightSimulator", crew: "Crew", state: State) -> None:
    sensor = state["sensor"]
    flown = len(crew.waiting) - state["waiting"]
    sorties = {sortie.id: sortie for sortie in crew.waiting[:flown]}
    del crew.waiting[:flown]
    crew.free_utc_ns, crew.pictures = state["free_utc_ns"], state["pictures"]
    crew.stream.frames, crew.stream.muxer.counters = state["sent"], state["counters"]
    crew.sensor.low_c, crew.sensor.high_c = sensor["low_c"], sensor["high_c"]
    crew.sensor.rng.bit_generator.state = sensor["chance"]
    if (air := state["air"]) is not None:
        crew.air = night.take_off(crew.name, sorties[air["sortie"]])
        _resume_air(crew.air, air)


def _air_state(air: "Airborne") -> State:
    return {
        "sortie": air.sortie.id,
        "chance": _chance(air.navigation.rng),
        "flight": _flight_state(air.flight),
        "gimbal": _gimbal_state(air.gimbal),
        "bias": _values(air.navigation.bias),
        "attitude_bias_deg": air.navigation.attitude_bias_deg.tolist(),
        "sight": asdict(air.sight),
    }


def _resume_air(air: "Airborne", state: State) -> None:
    """A sortie that has just taken off is where it was; its parts share one generator, set last."""
    _resume_flight(air.flight, state["flight"])
    _resume_gimbal(air.gimbal, state["gimbal"])
    _resume_navigation(air.navigation, state)
    air.sight = Sight(**state["sight"])
    air.navigation.rng.bit_generator.state = state["chance"]


def _flight_state(flight: Flight) -> State:
    return {
        "motion": asdict(flight.motion),
        "gusts": _values(flight.gusts.drifts),
        "wobble": _values(flight.wobble),
        "leg": flight.leg_index,
        "hold_at": None if flight.hold_at is None else flight.legs.index(flight.hold_at),
        **{name: getattr(flight, name) for name in _FLIGHT_NUMBERS},
    }


_FLIGHT_NUMBERS = ("tas_m_s", "course_rad", "bank_rad", "climb_m_s", "climb_on_to_m", "done")


def _resume_flight(flight: Flight, state: State) -> None:
    flight.motion = Motion(**state["motion"])
    _set_values(flight.gusts.drifts, state["gusts"])
    _set_values(flight.wobble, state["wobble"])
    flight.leg_index = state["leg"]
    flight.hold_at = None if state["hold_at"] is None else flight.legs[state["hold_at"]]
    for name in _FLIGHT_NUMBERS:
        setattr(flight, name, state[name])


def _gimbal_state(gimbal: Gimbal) -> State:
    angles = {"azimuth_deg": gimbal.azimuth_deg, "elevation_deg": gimbal.elevation_deg}
    return {"sway": _values(gimbal.sway), "at": gimbal.at, **angles}


def _resume_gimbal(gimbal: Gimbal, state: State) -> None:
    _set_values(gimbal.sway, state["sway"])
    gimbal.at, gimbal.azimuth_deg, gimbal.elevation_deg = state["at"], state["azimuth_deg"], state["elevation_deg"]


def _resume_navigation(navigation: Navigation, state: State) -> None:
    _set_values(navigation.bias, state["bias"])
    navigation.attitude_bias_deg = np.array(state["attitude_bias_deg"])


def _values(drifts: Iterable[Drift]) -> list[float]:
    return [drift.value for drift in drifts]


def _set_values(drifts: Iterable[Drift], values: Iterable[float]) -> None:
    for drift, value in zip(drifts, values, strict=True):
        drift.value = value


def _chance(rng: np.random.Generator) -> State:
    """The generator's state; its numbers have up to 128 bits."""
    return dict(rng.bit_generator.state)
