"""Where an aircraft's own reports come from."""

from collections.abc import Iterator
from typing import Protocol

from ..core.sight import Fix


class VehicleLink(Protocol):
    """Yields fixes until the link ends. Guarantees: each fix as the aircraft sent it, in order of arrival, which need
    not be order of time; a lost link ends the iteration, it does not invent fixes. It cannot command anything."""

    name: str

    def fixes(self) -> Iterator[Fix]: ...

    def close(self) -> None: ...
