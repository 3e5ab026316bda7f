"""What a lottery is worth against one who knows it: what is certified, and the best that was found to do against it."""

from dataclasses import dataclass, field, replace

import numpy as np

from .attack import RESTARTS, attack_on, detection_along
from .certificate import Certificate, certificate_of
from .chords import Hints, best_below, certificate_below
from .crossers import Crossers, Ints
from .evasion import detection_by_labels
from .lottery import Lottery


@dataclass(frozen=True, eq=False)
class Value:
    """certified: whoever crosses is noticed with at least this probability; attack: one who takes the way (n, 2; step
    and cell) is noticed with this one, the least that was found from so many restarts. Where nobody can arrive both
    are 1, and there is no way. hints: with which `guaranteed` gives what is certified."""

    certified: float
    attack: float
    restarts: int
    way: Ints
    hints: Hints = field(default_factory=Hints)

    @property
    def bracket(self) -> float:
        """How much of the attack's probability is not certified, as a share of it; 0 where it is 0."""
        return (self.attack - self.certified) / self.attack if self.attack > 0.0 else 0.0


def value_of(lottery: Lottery, crossers: Crossers, rng: np.random.Generator, restarts: int = RESTARTS) -> Value:
    """By credits, labels or chords, whichever certifies most. A way on which nobody looks settles it."""
    found = guaranteed(lottery, crossers)
    if not len(found.way):
        return Value(1.0, 1.0, 0, found.way)
    if detection_along(lottery, crossers, found.way) <= 0.0:
        return Value(0.0, 0.0, 0, found.way)
    attack = attack_on(lottery, crossers, rng, restarts, (found.way,))
    with np.errstate(divide="ignore"):
        weights = -np.log1p(-np.array([attack.detection, found.detection]))
    chords = best_below(lottery, crossers, float(weights[0]), float(weights[1]))
    hints = chords.hints if chords.detection > found.detection else Hints()
    certified = min(max(found.detection, chords.detection), attack.detection)
    return Value(certified, attack.detection, attack.restarts, attack.way, hints)


def guaranteed(lottery: Lottery, crossers: Crossers, hints: Hints | None = None) -> Certificate:
    """The greatest of the guarantees, with the way of the one by credits; by chords only with hints. No solver is in
    it, and no search."""
    found = certificate_of(lottery, crossers)
    if not len(found.way) or detection_along(lottery, crossers, found.way) <= 0.0:
        return found
    detections = [found.detection, detection_by_labels(lottery, crossers)]
    if hints is not None and hints.below > 0.0:
        detections.append(certificate_below(lottery, crossers, hints.below, hints.prices).detection)
    return replace(found, detection=max(detections))
