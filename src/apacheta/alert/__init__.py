"""Tracks to alerts to a human's decision: rules with probabilities and hysteresis, one alert per incident."""

from .area import WatchArea, inner_lines_m, probability_above
from .incidents import Incidents
from .rules import Finding, LineCrossing, ZoneEntry
from .watchman import Watchman, WatchSettings

__all__ = [
    "Finding",
    "Incidents",
    "LineCrossing",
    "WatchArea",
    "WatchSettings",
    "Watchman",
    "ZoneEntry",
    "inner_lines_m",
    "probability_above",
]
