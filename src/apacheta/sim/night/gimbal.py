"""The gimbal: it slews to a stare's aim and holds it on the ground, not quite still.

It holds the aim of the stare at the aircraft's progress along its route; between stares it goes to the next one.
The horizon stays level in the picture. Angles are those of the line of sight in the grid tangent frame.
"""

import math
from dataclasses import dataclass

import numpy as np

from ...core.plan import Stare
from .air import Drift
from .ground import Ground

VIBRATION_DEG = 0.01
SWAY_DEG, SWAY_S = 0.02, 3.0
"""Residual of a stabilised turret: white 0.01 deg, slow 0.02 deg (reference/simulation: the prototype's clips)."""
CAUGHT_DEG = 0.05


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
    """Number of the stare aimed at; -1 without any."""
    holding: bool


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

    def step(
        self, place: tuple[float, float, float], ground: Ground, along_m: float, heading_deg: float, dt_s: float
    ) -> Sight:
        """The line of sight `dt_s` later, from a camera at grid x, y, AMSL; `heading_deg` is true."""
        azimuth, elevation = self._wanted(place, ground, along_m, heading_deg)
        if self.azimuth_deg is None:
            self.azimuth_deg, self.elevation_deg = azimuth, elevation
        holding = self._slew(azimuth, elevation, dt_s)
        white = VIBRATION_DEG * self.rng.standard_normal(3)
        across = max(math.cos(math.radians(self.elevation_deg)), 0.05)
        return Sight(
            (self.azimuth_deg + (self.sway[0].step(dt_s) + float(white[0])) / across) % 360.0,
            self.elevation_deg + self.sway[1].step(dt_s) + float(white[1]),
            self.sway[2].step(dt_s) + float(white[2]),
            self.at if self.aims else -1,
            holding,
        )

    def _wanted(
        self, place: tuple[float, float, float], ground: Ground, along_m: float, heading_deg: float
    ) -> tuple[float, float]:
        least, most = self.depression_deg
        if not self.aims:
            return heading_deg, -min(max(45.0, least), most)
        while self.at < len(self.aims) - 1 and along_m > self.aims[self.at].to_along_m:
            self.at += 1
        aim = self.aims[self.at]
        local = ground.local(place[0], place[1])
        target = (np.array([aim.x_m]), np.array([aim.y_m]), np.array([aim.amsl_m]))
        east, north, up = ground.offsets(*target, place, local)[0]
        azimuth = math.degrees(math.atan2(east, north)) + local.convergence_deg
        elevation = math.degrees(math.atan2(up, math.hypot(east, north)))
        return azimuth, -min(max(-elevation, least), most)

    def _slew(self, azimuth_deg: float, elevation_deg: float, dt_s: float) -> bool:
        """Turn towards the wanted angles along the shorter way; True once there."""
        assert self.azimuth_deg is not None
        d_azimuth = (azimuth_deg - self.azimuth_deg + 180.0) % 360.0 - 180.0
        d_elevation = elevation_deg - self.elevation_deg
        turn = math.hypot(d_azimuth * math.cos(math.radians(elevation_deg)), d_elevation)
        part = 1.0 if turn < CAUGHT_DEG else min(1.0, self.slew_deg_s * dt_s / turn)
        self.azimuth_deg = (self.azimuth_deg + d_azimuth * part) % 360.0
        self.elevation_deg += d_elevation * part
        return part >= 1.0
