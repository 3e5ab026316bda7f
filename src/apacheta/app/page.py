"""The page's own process: `python -m apacheta.app.page SPEC.json`, where SPEC.json has a part `page` (`PagePart`).

Nothing of it survives it, and nothing needs to: what is now comes by the core's link, what was from the post.
"""

import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from ..console import ConsoleSettings, CoreLink, create_app, serve
from .demo.settings import PagePart
from .texts import LANGUAGES, catalogue


class PageSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What this process reads of a watch's specification."""

    page: PagePart


def main(argv: Sequence[str]) -> int:
    """Serve until asked to end."""
    part = msgspec.json.decode(Path(argv[0]).read_bytes(), type=PageSpec).page
    serve(create_app(settings_of(part), CoreLink(Path(part.core_path))), socket.socket(fileno=part.http))
    return 0


def settings_of(part: PagePart) -> ConsoleSettings:
    """The console's settings."""
    return ConsoleSettings(
        log=Path(part.log),
        video=Path(part.video),
        evidence=Path(part.evidence),
        texts={language: catalogue(language) for language in LANGUAGES},
        first_entry=part.first_entry,
        terrain=None if part.terrain is None else Path(part.terrain),
        relief=None if part.relief is None else Path(part.relief),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
