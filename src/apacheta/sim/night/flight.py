"""One sortie's flight: a point mass with three degrees of freedom along a tour, and what it costs.

VTOL planes climb on their rotors, fly on the wing with L1 guidance (Park, Deyst, How 2004) and an altitude hold,
and come back to their rotors over the pad. Multirotors fly the same route on their rotors. Planes are launched at
speed and end at their landing point.
"""

import math
from dataclasses import dataclass

import numpy as np

from ...core.aircraft import Aircraft
from ...core.plan import Sortie
from ...core.sector import Weather
from .air import RHO0, Drift, G, Gusts, density_altitude_m, density_kg_m3, wind_at
from .ground import Ground
from .power import hover_power_w, wing_lift_coefficient, wing_power_w
from .route import Leg, legs_of, points_of

VERTICAL_CLIMB_M_S, VERTICAL_SINK_M_S, TOUCHDOWN_M_S = 2.5, 2.0, 0.7
TRANSITION_AGL_M = 40.0
"""Height at which a VTOL plane leaves its rotors when the tour does not say."""
TALLEST_VERTICAL_DESCENT_M = 150.0
"""A VTOL plane higher than this over its last point first circles down on its wing."""
ACCELERATION_M_S2, BRAKING_M_S2 = 2.0, 1.5
ROLL_RATE_RAD_S = math.radians(40.0)
L1_PERIOD_S, L1_DAMPING = 13.0, 0.75
"""ArduPilot's range for agile small planes is 12 to 17 s."""
LOW_AT_CLIMB_END_M = 40.0
SAME_PLACE_M = 15.0
VERTICAL_LEG_M = 20.0
"""Legs shorter than this on the map are flown straight up or down."""
CLIMB_AT_CEILING_M_S = 0.5


@dataclass
class Motion:
    """The true state: grid x, y; AMSL; ground velocity (x, y, up); attitude in degrees (grid heading); energy."""

    x_m: float
    y_m: float
    amsl_m: float
    vx_m_s: float = 0.0
    vy_m_s: float = 0.0
    vz_m_s: float = 0.0
    heading_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    used_wh: float = 0.0
    along_m: float = 0.0
    phase: str = "ground"


class Flight:
    """Flies one sortie step by step. `done` after landing; `motion` is the truth of the moment."""

    def __init__(
        self, sortie: Sortie, aircraft: Aircraft, ground: Ground, weather: Weather, rng: np.random.Generator
    ) -> None:
        self.sortie, self.aircraft, self.ground, self.weather = sortie, aircraft, ground, weather
        self.points = points_of(sortie.tour, ground)
        self.legs = legs_of(self.points)
        pad = self.points[0]
        self.pad_amsl_m = ground.height_at(pad.x_m, pad.y_m)
        self.motion = Motion(pad.x_m, pad.y_m, self.pad_amsl_m, phase="takeoff")
        self.gusts = Gusts(weather.gust_m_s, rng)
        self.wobble = tuple(Drift(sigma, 1.5, rng) for sigma in (0.3, 0.4, 0.6))
        local = ground.local(pad.x_m, pad.y_m)
        self.grid_per_m = 1.0 / (local.scale0 + local.scale1 * pad.amsl_m)
        self.leg_index = 0
        self.tas_m_s, self.course_rad, self.bank_rad, self.climb_m_s = 0.0, self._first_course(), 0.0, 0.0
        self.done = False
        if aircraft.kind == "plane":
            self.tas_m_s, self.motion.phase = self._cruise_tas(), "climb"
        flat = [k for k, leg in enumerate(self.legs) if leg.length_m > VERTICAL_LEG_M]
        self.home_leg = flat[-1] if flat else len(self.legs) - 1
        self.hold_at: Leg | None = None
        self.climb_on_to_m: float | None = None

    # -- the air and the limits it sets -------------------------------------------------------------------------

    def _rho(self) -> float:
        return density_kg_m3(self.motion.amsl_m, self.weather.isa_deviation_c, self.weather.qnh_hpa)

    def _cruise_tas(self) -> float:
        return self.aircraft.cruise_cas_m_s * math.sqrt(RHO0 / self._rho())

    def climb_limit_m_s(self) -> float:
        """Best climb at this density: linear in density altitude to 0.5 m/s at the ceiling."""
        part = density_altitude_m(self._rho()) / float(self.aircraft.ceiling_amsl_m)
        best = self.aircraft.climb_sea_level_m_s
        return max(best + (CLIMB_AT_CEILING_M_S - best) * part, 0.0)

    def _first_course(self) -> float:
        leg = next((leg for leg in self.legs if leg.length_m > VERTICAL_LEG_M), None)
        return math.atan2(leg.dx, leg.dy) if leg else 0.0

    # -- one step -----------------------------------------------------------------------------------------------

    def step(self, dt_s: float) -> None:
        """Fly on by `dt_s` (at most 0.1 s for faithful guidance)."""
        if self.done:
            return
        wind_x, wind_y = wind_at(self.weather, self.motion.amsl_m)
        gust_x, gust_y, gust_up = self.gusts.step(dt_s)
        air = (wind_x + gust_x, wind_y + gust_y, gust_up)
        if self.motion.phase == "takeoff":
            self._rise(dt_s)
        elif self.motion.phase == "transition":
            self._transition(dt_s, air)
        elif self.motion.phase in ("return_to_rotors", "landing"):
            self._come_down(dt_s)
        elif self.aircraft.kind == "multirotor":
            self._fly_rotors(dt_s, air)
        else:
            self._fly_wing(dt_s, air)
        self._stay_above_ground()

    def _spend(self, power_w: float, dt_s: float) -> None:
        self.motion.used_wh += (power_w + self.aircraft.hotel_w) * dt_s / 3600.0

    def _move(self, vx: float, vy: float, vz: float, dt_s: float) -> None:
        m = self.motion
        m.vx_m_s, m.vy_m_s, m.vz_m_s = vx, vy, vz
        m.x_m += vx * dt_s * self.grid_per_m
        m.y_m += vy * dt_s * self.grid_per_m
        m.amsl_m += vz * dt_s

    def _attitude(self, heading_rad: float, pitch_deg: float, roll_deg: float, dt_s: float) -> None:
        shake = [w.step(dt_s) for w in self.wobble]
        m = self.motion
        m.heading_deg = (math.degrees(heading_rad) + shake[0]) % 360.0
        m.pitch_deg, m.roll_deg = pitch_deg + shake[1], roll_deg + shake[2]

    def _stay_above_ground(self) -> None:
        floor = self.ground.height_at(self.motion.x_m, self.motion.y_m)
        self.motion.amsl_m = max(self.motion.amsl_m, floor)

    # -- on the rotors ------------------------------------------------------------------------------------------

    def _rise(self, dt_s: float) -> None:
        """Straight up from the pad."""
        m = self.motion
        self.climb_m_s += (VERTICAL_CLIMB_M_S - self.climb_m_s) * min(1.0, dt_s / 1.0)
        self._spend(hover_power_w(self.aircraft, self._rho(), self.climb_m_s), dt_s)
        self._move(0.0, 0.0, self.climb_m_s, dt_s)
        self._attitude(self.course_rad, 0.0, 0.0, dt_s)
        if m.amsl_m >= self._rise_to():
            m.phase = "climb" if self.aircraft.kind == "multirotor" else "transition"

    def _rise_to(self) -> float:
        first = self.legs[0]
        if first.length_m <= VERTICAL_LEG_M and first.end.amsl_m > self.pad_amsl_m:
            return first.end.amsl_m
        return self.pad_amsl_m + TRANSITION_AGL_M

    def _transition(self, dt_s: float, air: tuple[float, float, float]) -> None:
        """From rotors to wing: gather speed level, on the course of the first leg."""
        self.tas_m_s += ACCELERATION_M_S2 * dt_s
        self.climb_m_s += (0.5 - self.climb_m_s) * min(1.0, dt_s)
        self._spend(hover_power_w(self.aircraft, self._rho()), dt_s)
        part = min(self.tas_m_s / self._cruise_tas(), 1.0)
        vx = self.tas_m_s * math.sin(self.course_rad) + part * air[0]
        vy = self.tas_m_s * math.cos(self.course_rad) + part * air[1]
        self._move(vx, vy, self.climb_m_s, dt_s)
        self._attitude(self.course_rad, 2.0 * part, 0.0, dt_s)
        if part >= 1.0:
            self.motion.phase = "climb"

    def _come_down(self, dt_s: float) -> None:
        """Brake towards the pad, then sink onto it."""
        m, pad = self.motion, self.points[-1]
        dx, dy = pad.x_m - m.x_m, pad.y_m - m.y_m
        distance = math.hypot(dx, dy)
        speed = math.hypot(m.vx_m_s, m.vy_m_s)
        agl = m.amsl_m - self.ground.height_at(m.x_m, m.y_m)
        wanted = min(math.sqrt(2.0 * BRAKING_M_S2 * distance), 0.5 * distance, speed + ACCELERATION_M_S2 * dt_s + 0.2)
        wanted = max(wanted, speed - 2.0 * BRAKING_M_S2 * dt_s)
        if distance < 4.0:
            m.phase = "landing"
        sink = 0.0 if m.phase == "return_to_rotors" else VERTICAL_SINK_M_S if agl > 10.0 else TOUCHDOWN_M_S
        self.climb_m_s += (-sink - self.climb_m_s) * min(1.0, dt_s)
        self._spend(hover_power_w(self.aircraft, self._rho()), dt_s)
        pull = wanted / max(distance, 1e-6)
        self._move(dx * pull, dy * pull, self.climb_m_s, dt_s)
        self.tas_m_s = wanted
        self._attitude(self.course_rad, 3.0 if speed > 3.0 else 0.0, 0.0, dt_s)
        if m.phase == "landing" and agl < 0.4:
            self._end()

    def _fly_rotors(self, dt_s: float, air: tuple[float, float, float]) -> None:
        """A multirotor along the route: ground velocity towards a point ahead on the leg."""
        leg = self._leg_now()
        m = self.motion
        if self.leg_index == len(self.legs) - 1 and math.hypot(leg.end.x_m - m.x_m, leg.end.y_m - m.y_m) < 80.0:
            m.phase = "return_to_rotors"
            return
        ahead = min(max(leg.along(m.x_m, m.y_m), 0.0) + 40.0, max(leg.length_m, 1.0))
        dx = leg.start.x_m + leg.dx * ahead - m.x_m
        dy = leg.start.y_m + leg.dy * ahead - m.y_m
        reach = max(math.hypot(dx, dy), 1e-6)
        climb = self._climb_command(leg, dt_s, self._cruise_tas())
        low = leg.length_m > VERTICAL_LEG_M or abs(leg.end.amsl_m - m.amsl_m) < 5.0
        speed = min(self._cruise_tas(), 0.5 * reach) if low else 0.0
        self.tas_m_s += min(max(speed - self.tas_m_s, -BRAKING_M_S2 * dt_s), ACCELERATION_M_S2 * dt_s)
        self._spend(hover_power_w(self.aircraft, self._rho(), climb), dt_s)
        self._move(self.tas_m_s * dx / reach + 0.1 * air[0], self.tas_m_s * dy / reach + 0.1 * air[1], climb, dt_s)
        if leg.length_m > VERTICAL_LEG_M:
            self.course_rad = math.atan2(leg.dx, leg.dy)
        self._attitude(self.course_rad, -0.6 * self.tas_m_s, 0.0, dt_s)

    # -- on the wing --------------------------------------------------------------------------------------------

    def _fly_wing(self, dt_s: float, air: tuple[float, float, float]) -> None:
        """L1 guidance on the leg, altitude hold, speed hold."""
        m, aircraft = self.motion, self.aircraft
        rho = self._rho()
        self.tas_m_s += (self._cruise_tas() - self.tas_m_s) * min(1.0, dt_s / 4.0)
        turn_radius = self.tas_m_s**2 / (G * math.tan(math.radians(0.8 * aircraft.bank_max_deg)))
        leg = self._leg_now()
        if self._arrived(leg):
            return
        sideways = self._hold_acceleration(turn_radius) if self.hold_at else self._l1_acceleration(leg)
        limit = math.radians(aircraft.bank_max_deg)
        command = min(max(math.atan(sideways / G), -limit), limit)
        change = (command - self.bank_rad) * min(1.0, dt_s / 0.6)
        self.bank_rad += min(max(change, -ROLL_RATE_RAD_S * dt_s), ROLL_RATE_RAD_S * dt_s)
        self.course_rad += G * math.tan(self.bank_rad) / self.tas_m_s * dt_s
        climb = self._climb_command(leg, dt_s, math.hypot(m.vx_m_s, m.vy_m_s))
        self._spend(wing_power_w(aircraft, rho, self.tas_m_s, self.bank_rad, climb), dt_s)
        flat = math.sqrt(max(self.tas_m_s**2 - climb**2, 1.0))
        vx, vy = flat * math.sin(self.course_rad) + air[0], flat * math.cos(self.course_rad) + air[1]
        self._move(vx, vy, climb + 0.3 * air[2], dt_s)
        lift = wing_lift_coefficient(aircraft, rho, self.tas_m_s, self.bank_rad)
        pitch = math.degrees(math.asin(climb / self.tas_m_s)) + math.degrees(lift / 5.0) - 5.0
        self._attitude(self.course_rad, pitch, math.degrees(self.bank_rad), dt_s)

    def _l1_acceleration(self, leg: Leg) -> float:
        """2 V^2 sin(eta) / L1 towards the point of the route L1 ahead; right positive."""
        m = self.motion
        speed = max(math.hypot(m.vx_m_s, m.vy_m_s), 8.0)
        reach = max(0.3183 * L1_DAMPING * L1_PERIOD_S * speed, 50.0)
        across = (m.x_m - leg.start.x_m) * leg.dy - (m.y_m - leg.start.y_m) * leg.dx
        x, y = self._ahead(leg.along(m.x_m, m.y_m) + math.sqrt(max(reach**2 - across**2, 0.09 * reach**2)))
        distance = max(math.hypot(x - m.x_m, y - m.y_m), 0.3 * reach)
        eta = _wrapped(math.atan2(x - m.x_m, y - m.y_m) - math.atan2(m.vx_m_s, m.vy_m_s))
        return 2.0 * speed * speed * math.sin(min(max(eta, -1.57), 1.57)) / distance

    def _ahead(self, along_m: float) -> tuple[float, float]:
        """The point of the route that lies `along_m` from the start of the present leg; past the end straight on."""
        index = self.leg_index
        while index < self.home_leg and along_m > self.legs[index].length_m:
            along_m -= self.legs[index].length_m
            index += 1
        leg = self.legs[index]
        return leg.start.x_m + leg.dx * along_m, leg.start.y_m + leg.dy * along_m

    def _hold_acceleration(self, radius_m: float) -> float:
        """Circle the end of the leg being held, clockwise."""
        assert self.hold_at
        m, centre = self.motion, self.hold_at.end
        speed = max(math.hypot(m.vx_m_s, m.vy_m_s), 8.0)
        radius = 1.5 * radius_m
        out = math.hypot(m.x_m - centre.x_m, m.y_m - centre.y_m)
        bearing = math.atan2(m.x_m - centre.x_m, m.y_m - centre.y_m)
        wanted = bearing + math.pi / 2 + math.atan(2.0 * (out - radius) / radius)
        error = _wrapped(wanted - math.atan2(m.vx_m_s, m.vy_m_s))
        return speed * speed / radius * (1.0 if out < 2.0 * radius else 0.0) + 0.8 * speed * error

    def _arrived(self, leg: Leg) -> bool:
        """At the last point: back to the rotors (or, a plane, down) once low enough; circling down if too high."""
        m = self.motion
        distance = math.hypot(leg.end.x_m - m.x_m, leg.end.y_m - m.y_m)
        if self.leg_index < self.home_leg or leg.length_m - leg.along(m.x_m, m.y_m) > self._stop_distance():
            return False
        if m.amsl_m > self._highest_arrival():
            self.hold_at = leg
            return False
        if distance > 3.0 * self._stop_distance():
            return False
        self.hold_at = None
        if self.aircraft.kind == "plane":
            m.amsl_m = self.ground.height_at(m.x_m, m.y_m)
            self._end()
        else:
            m.phase = "return_to_rotors"
        return True

    def _highest_arrival(self) -> float:
        """How high it may be when it leaves the wing."""
        if self.aircraft.kind == "plane":
            return self.pad_amsl_m + 5.0
        last = self.legs[self.home_leg].end.amsl_m
        return max(self.pad_amsl_m + TALLEST_VERTICAL_DESCENT_M, last + LOW_AT_CLIMB_END_M)

    def _stop_distance(self) -> float:
        return max(math.hypot(self.motion.vx_m_s, self.motion.vy_m_s), 10.0) ** 2 / (2.0 * BRAKING_M_S2)

    # -- the route ----------------------------------------------------------------------------------------------

    def _leg_now(self) -> Leg:
        """The leg being flown; moves on past its end, or round again while too low; sets `along_m` and the phase."""
        m = self.motion
        last = len(self.legs) - 1 if self.aircraft.kind == "multirotor" else self.home_leg
        while self.leg_index < last and not self.hold_at and self._passed():
            self.leg_index = self._next_leg()
        leg = self.legs[self.leg_index]
        if self.hold_at and self.leg_index < last and m.amsl_m > leg.end.amsl_m - 15.0:
            self.hold_at = None
        if self.climb_on_to_m is not None and m.amsl_m > self.climb_on_to_m - 15.0:
            self.climb_on_to_m = None
        span = leg.end.along_m - leg.start.along_m
        m.along_m = max(m.along_m, leg.start.along_m + span * leg.fraction(m.x_m, m.y_m))
        m.phase = leg.end.kind if leg.end.kind in ("climb", "transit", "station", "approach") else "approach"
        return leg

    def _passed(self) -> bool:
        """Whether the end of the leg is behind, seen along the middle of the turn there."""
        m, leg, after = self.motion, self.legs[self.leg_index], self.legs[self.leg_index + 1]
        if leg.length_m <= VERTICAL_LEG_M:
            return self.aircraft.kind != "multirotor" or m.amsl_m > leg.end.amsl_m - 5.0
        dx, dy = leg.dx + after.dx, leg.dy + after.dy
        if after.length_m <= VERTICAL_LEG_M or math.hypot(dx, dy) < 0.6 or self.aircraft.kind == "multirotor":
            return leg.along(m.x_m, m.y_m) > leg.length_m - 8.0
        return (m.x_m - leg.end.x_m) * dx + (m.y_m - leg.end.y_m) * dy > 0.0

    def _next_leg(self) -> int:
        """The next leg; where a climb ends too low, the same lap once more, or a circle if there is none."""
        end, after = self.legs[self.leg_index].end, self.legs[self.leg_index + 1].end
        low = end.amsl_m - self.motion.amsl_m > LOW_AT_CLIMB_END_M
        ends = after.amsl_m < end.amsl_m + 1.0 or after.kind != end.kind
        if not (low and ends and end.kind in ("climb", "transit")):
            return self.leg_index + 1
        for k in range(self.leg_index - 1, 0, -1):
            start = self.legs[k].start
            if start.kind == end.kind and math.hypot(start.x_m - end.x_m, start.y_m - end.y_m) < SAME_PLACE_M:
                self.climb_on_to_m = end.amsl_m
                return k
        if end.kind == "climb":
            self.hold_at = self.legs[self.leg_index]
            return self.leg_index
        return self.leg_index + 1

    def _climb_command(self, leg: Leg, dt_s: float, speed_m_s: float) -> float:
        """Rate of climb that holds the leg's height profile, within what the aircraft can do here."""
        m = self.motion
        part = 1.0 if self.hold_at or leg.length_m <= VERTICAL_LEG_M else leg.fraction(m.x_m, m.y_m)
        height = leg.start.amsl_m + part * (leg.end.amsl_m - leg.start.amsl_m)
        slope = (
            (leg.end.amsl_m - leg.start.amsl_m) / leg.length_m
            if leg.length_m > VERTICAL_LEG_M and not self.hold_at
            else 0.0
        )
        if self.climb_on_to_m is not None:
            height, slope = self.climb_on_to_m, 0.0
        if self.leg_index >= self.home_leg:
            above = 0.0 if self.aircraft.kind == "plane" else 1.5 * TRANSITION_AGL_M
            height, slope = max(height, self.pad_amsl_m + above), 0.0
        wanted = 0.2 * (height - m.amsl_m) + slope * speed_m_s
        wanted = min(max(wanted, -self.aircraft.sink_max_m_s), self.climb_limit_m_s())
        self.climb_m_s += (wanted - self.climb_m_s) * min(1.0, dt_s / 1.5)
        return self.climb_m_s

    def _end(self) -> None:
        self.motion.phase = "ground"
        self.motion.vx_m_s = self.motion.vy_m_s = self.motion.vz_m_s = 0.0
        self.motion.pitch_deg = self.motion.roll_deg = 0.0
        self.done = True


def _wrapped(angle_rad: float) -> float:
    """The angle in [-pi, pi)."""
    return (angle_rad + math.pi) % (2.0 * math.pi) - math.pi
