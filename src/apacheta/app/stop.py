"""How a person ends a watch: the first Ctrl-C is a request, so that what was watched is written down to its end."""

import signal
from types import FrameType
from typing import Any


class Stop:
    """Turns the first SIGINT or SIGTERM into a request, `asked`; a second one ends the program as ever. Outside the
    main thread nothing is changed, and nothing is asked."""

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Stop":
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                self._before[number] = signal.signal(number, self._ask)
            except ValueError:  # not the main thread
                return self
        return self

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
        self._restore()

    def __exit__(self, *_: object) -> None:
        self._restore()

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
