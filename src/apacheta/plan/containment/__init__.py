"""The containment proof: from every state of every tour, whatever fails, nothing of the aircraft crosses the border.

Read `proof.prove` first, then `reach`: the recursion that the proof rests on. docs/containment.md says it in words.
"""

from .catalogue import CATALOGUE, MODES, PARAMETERS, Mode, excursions_of
from .ceiling import Ceiling, ceiling_of
from .ground import Ground, ground_of, room_round
from .legs import Leg, Pieces, legs_of, pieces_of
from .proof import check_inputs, prove
from .reach import reached_from
from .union import coarser, reached_by_mode

__all__ = [
    "CATALOGUE",
    "Ceiling",
    "MODES",
    "PARAMETERS",
    "Ground",
    "Leg",
    "Mode",
    "Pieces",
    "ceiling_of",
    "check_inputs",
    "coarser",
    "excursions_of",
    "ground_of",
    "legs_of",
    "pieces_of",
    "prove",
    "reached_by_mode",
    "reached_from",
    "room_round",
]
