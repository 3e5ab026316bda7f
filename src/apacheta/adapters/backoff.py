"""How long a process that has ended waits for its next start."""

SHORT_S = 10.0
"""A process that ends within so long after its start has failed again; one that lived longer had been well."""
WAITS_S = (0.0, 0.5, 1.0, 2.0, 4.0)


class Backoff:
    """Counts one process's ends in a row. `failures`: how many so far, each within `SHORT_S` of its start but the
    first."""

    def __init__(self) -> None:
        self.failures = 0

    def wait_s(self, lived_s: float) -> float:
        """It has ended, `lived_s` after its start: seconds until the next one, none the first time."""
        self.failures = self.failures + 1 if lived_s < SHORT_S else 1
        return WAITS_S[min(self.failures, len(WAITS_S)) - 1]
