"""What a person sees in the terminal while the night runs; nothing where there is no terminal but a line a step."""

from types import TracebackType
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from ..texts import Texts


class Progress:
    """Named steps with a bar each. On a pipe or file each step is one line when it begins."""

    def __init__(self, out: TextIO, texts: Texts) -> None:
        self._texts = texts
        self._console = Console(file=out, highlight=False)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[note]}"),
            TimeRemainingColumn(),
        )
        self._bars = Bars(*columns, console=self._console, disable=not self._console.is_terminal)
        self._task = None
        self._step = ""

    def step(self, key: str, **values: object) -> None:
        """Begin a step: `key` is a text of the [demo] catalogue."""
        self.done()
        self._step = self._texts(f"demo.{key}", **values)
        if not self._console.is_terminal:
            self._console.print(self._step)
        self._task = self._bars.add_task(self._step, total=1.0, note="")

    def at(self, share: float, note: str = "") -> None:
        """How far the step is, 0..1, with a short note."""
        if self._task is not None:
            self._bars.update(self._task, completed=share, note=note)

    def say(self, key: str, **values: object) -> None:
        """A line of its own: `key` is a text of the [demo] catalogue."""
        self._console.print(self._texts(f"demo.{key}", **values))

    def done(self) -> None:
        """End the running step."""
        if self._task is not None:
            self._bars.update(self._task, completed=1.0)
            self._task = None

    def __enter__(self) -> "Progress":
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.done()
        self._bars.stop()
