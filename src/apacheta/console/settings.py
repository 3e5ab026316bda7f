"""What the console is given by who starts it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

STATIC = Path(__file__).with_name("static")
"""Where the page's build puts itself."""


@dataclass(frozen=True)
class ConsoleSettings:
    """Paths of one watch and the page's sentences.

    log, video, evidence: of the post. `first_entry`: the log's entries before it belong to earlier watches. texts:
    sentences by language and key. terrain: PMTiles file; relief: folder of z/x/y.png; None where there is none.
    first_core_s: how long a page that opens before the first core waits for what only the core can say.
    """

    log: Path
    video: Path
    evidence: Path
    texts: Mapping[str, Mapping[str, str]]
    first_entry: int = 0
    terrain: Path | None = None
    relief: Path | None = None
    static: Path = STATIC
    first_core_s: float = 10.0
