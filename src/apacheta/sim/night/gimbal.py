"""The gimbal: it slews to a stare's aim and holds it on the ground, not quite still.

Only stares are planned to show nothing but what the mandate allows. So it holds the aim of the stare at the aircraft's
progress along its route, turns to the next one as late as it can, and is stowed at all other times: straight ahead,
as steeply as it goes. The horizon stays level in the picture. Angles are those of the line of sight in the grid tangent
frame.
"""

import math
from dataclasses import dataclass

import numpy as np

from ...core.plan import Stare
from .air import Drift
from .flight import ACCELERATION_M_S2, Motion
from .ground import Ground, Local

VIBRATION_DEG = 0.01
SWAY_DEG, SWAY_S = 0.02, 3.0
"""Residual of a stabilised turret: white 0.01 deg, slow 0.02 deg (reference/simulation: the prototype's clips)."""
CAUGHT_DEG = 0.05
SETTLE_S = 0.8
"""So long before a stare begins it lies on the aim: what the planner leaves for it."""


@dataclass(frozen=True)
class Aim:
    """One stare in the grid: where it begins and ends along the route, and the ground point held (AMSL)."""

    from_along_m: float
    to_along_m: float
    x_m: float
    y_m: float
    amsl_m: float


@dataclass(frozen=True)
class Sight:
    """The true line of sight: azimuth from true north clockwise, elevation above the horizon, roll; degrees."""

    azimuth_deg: float
    elevation_deg: float
    roll_deg: float
    stare: int
    """Number of the stare aimed at; -1 while stowed."""
    holding: bool
    """Whether it lies on the stare's aim."""


def aims_of(stares: tuple[Stare, ...], ground: Ground) -> tuple[Aim, ...]:
    """The stares in the grid."""
    places = [ground.xy(s.aim.lon_deg, s.aim.lat_deg) for s in stares]
    return tuple(
        Aim(s.from_along_m, s.to_along_m, x, y, float(s.aim.alt_hae_m) - ground.undulation_at(x, y))
        for s, (x, y) in zip(stares, places, strict=True)
    )


class Gimbal:
    """Slews at most `slew_deg_s` and keeps the depression within its limits."""

    def __init__(
        self,
        aims: tuple[Aim, ...],
        slew_deg_s: float,
        depression_deg: tuple[float, float],
        rng: np.random.Generator,
    ) -> None:
        self.aims, self.slew_deg_s, self.depression_deg, self.rng = aims, slew_deg_s, depression_deg, rng
        self.sway = (Drift(SWAY_DEG, SWAY_S, rng), Drift(SWAY_DEG, SWAY_S, rng), Drift(SWAY_DEG, SWAY_S, rng))
        self.azimuth_deg: float | None = None
        self.elevation_deg = 0.0
        self.at = 0

    def step(self, motion: Motion, ground: Ground, dt_s: float) -> Sight:
        """The line of sight `dt_s` later, from an aircraft in that state of motion."""
        local, aim = ground.local(motion.x_m, motion.y_m), self._aim(motion.along_m)
        stowed = motion.heading_deg + local.convergence_deg, -self.depression_deg[1]
        if self.azimuth_deg is None:
            self.azimuth_deg, self.elevation_deg = stowed
        wanted = stowed if aim is None else self._towards(aim, motion, ground, local)
        aiming = aim is not None and self._due(aim, motion, wanted, dt_s)
        there = self._slew(*(wanted if aiming else stowed), dt_s)
        white = VIBRATION_DEG * self.rng.standard_normal(3)
        across = max(math.cos(math.radians(self.elevation_deg)), 0.05)
        return Sight(
            (self.azimuth_deg + (self.sway[0].step(dt_s) + float(white[0])) / across) % 360.0,
            self.elevation_deg + self.sway[1].step(dt_s) + float(white[1]),
            self.sway[2].step(dt_s) + float(white[2]),
            self.at if aiming else -1,
            aiming and there,
        )

    def _aim(self, along_m: float) -> Aim | None:
        """The aim of the stare at that progress, or of the next one; None after the last."""
        while self.at < len(self.aims) and along_m > self.aims[self.at].to_along_m:
            self.at += 1
        return self.aims[self.at] if self.at < len(self.aims) else None

    def _due(self, aim: Aim, motion: Motion, wanted: tuple[float, float], dt_s: float) -> bool:
        """Whether the stare has begun, or there is only the time left to turn to its aim and settle, though it gathers
        speed; one more step away and back is time as well."""
        speed_m_s = math.hypot(motion.vx_m_s, motion.vy_m_s)
        lead_s = self._turn_deg(*wanted) / self.slew_deg_s + SETTLE_S + 2.0 * dt_s
        lead_m = (speed_m_s + 0.5 * ACCELERATION_M_S2 * lead_s) * lead_s
        return motion.phase == "station" and aim.from_along_m - motion.along_m <= lead_m

    def _towards(self, aim: Aim, motion: Motion, ground: Ground, local: Local) -> tuple[float, float]:
        """Azimuth and elevation of an aim, within the limits of depression."""
        place = (motion.x_m, motion.y_m, motion.amsl_m)
        target = (np.array([aim.x_m]), np.array([aim.y_m]), np.array([aim.amsl_m]))
        east, north, up = ground.offsets(*target, place, local)[0]
        azimuth = math.degrees(math.atan2(east, north)) + local.convergence_deg
        least, most = self.depression_deg
        return azimuth, -min(max(-math.degrees(math.atan2(up, math.hypot(east, north))), least), most)

    def _turn_deg(self, azimuth_deg: float, elevation_deg: float) -> float:
        """How far it has to turn, in azimuth as at the flatter of the two ends: there it counts most."""
        assert self.azimuth_deg is not None
        d_azimuth = (azimuth_deg - self.azimuth_deg + 180.0) % 360.0 - 180.0
        flatter = max(math.cos(math.radians(elevation_deg)), math.cos(math.radians(self.elevation_deg)))
        return math.hypot(d_azimuth * flatter, elevation_deg - self.elevation_deg)

    def _slew(self, azimuth_deg: float, elevation_deg: float, dt_s: float) -> bool:
        """Turn towards the wanted angles along the shorter way; True once there."""
        assert self.azimuth_deg is not None
        d_azimuth = (azimuth_deg - self.azimuth_deg + 180.0) % 360.0 - 180.0
        d_elevation = elevation_deg - self.elevation_deg
        turn = self._turn_deg(azimuth_deg, elevation_deg)
        part = 1.0 if turn < CAUGHT_DEG else min(1.0, self.slew_deg_s * dt_s / turn)
        self.azimuth_deg = (self.azimuth_deg + d_azimuth * part) % 360.0
        self.elevation_deg += d_elevation * part
        return part >= 1.0
