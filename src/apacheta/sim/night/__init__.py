"""The simulated night: `NightSimulator(...).run()` yields what aircraft over the truth would send; `serve` sends it.
`moments_of` says when to begin one that somebody looks at."""

from .cast import Cast, cast_of
from .ground import Ground
from .moment import MOMENT_VERSION, Moment, camera_ways_of, moments_of, on_station
from .night import NightSimulator, Tick
from .process import FixDatagrams, serve

__all__ = [
    "NightSimulator",
    "Tick",
    "serve",
    "FixDatagrams",
    "Cast",
    "cast_of",
    "Ground",
    "Moment",
    "MOMENT_VERSION",
    "camera_ways_of",
    "moments_of",
    "on_station",
]
