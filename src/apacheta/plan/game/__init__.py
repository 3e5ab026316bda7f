"""The patrol game: which tours are drawn how often, so that one who knows the lottery is noticed all the same."""

from .attack import Attack, attack_on, detection_along
from .balance import Balance, balanced
from .certificate import Certificate, certificate_of, weights_of
from .chords import Bound, Hints, best_below, certificate_below
from .corridor import Corridor, corridor_of, corridor_through, standing_corridor_of
from .crossers import Crossers
from .evasion import detection_by_labels
from .lottery import Draw, Exposure, Lottery, credited
from .value import Value, value_of

__all__ = [
    "Attack",
    "Balance",
    "Bound",
    "Certificate",
    "Corridor",
    "Crossers",
    "Draw",
    "Exposure",
    "Hints",
    "Lottery",
    "Value",
    "attack_on",
    "balanced",
    "best_below",
    "certificate_below",
    "certificate_of",
    "corridor_of",
    "corridor_through",
    "credited",
    "detection_along",
    "detection_by_labels",
    "standing_corridor_of",
    "value_of",
    "weights_of",
]
