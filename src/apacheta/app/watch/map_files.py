"""The map's ground: `python -m apacheta.app.watch.map_files SPEC.json`. It ends when the files are there.

Where the ground lies is known when the core has seen a first pose. Height tiles and relief are made once, into the
user's cache, and linked into the post; a map that cannot be made is said on stderr, and the page has none.
"""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from ...core.errors import Fault
from ..texts import Texts
from .settings import Ground, WatchRun, WatchSpec, kept

NICENESS = 10
"""The watch comes first."""
LOOK_EVERY_S = 0.5


def main(argv: Sequence[str]) -> int:
    """Wait for the ground's place and make the map; 0, also where it cannot be made: another try would not help."""
    spec = kept(Path(argv[0]), WatchSpec)
    run = WatchRun(Path(spec.asked.post))
    while not run.ground.exists():
        time.sleep(LOOK_EVERY_S)
    os.nice(NICENESS)
    try:
        make_map(Path(spec.asked.terrain or ""), kept(run.ground, Ground), run)
    except (Fault, OSError) as failure:
        print(Texts(spec.asked.language)("watch.no_map", why=failure), file=sys.stderr, flush=True)
    return 0


def make_map(terrain: Path, ground: Ground, run: WatchRun) -> None:
    """Height tiles and relief of that ground, linked into the run folder; the relief last."""
    from ..terrain.tiles import cached_relief, cached_tiles
    from .chain import HEIGHTS

    tiles = cached_tiles(terrain, ground.bounds, HEIGHTS)
    relief = cached_relief(terrain, ground.bounds)
    _link(run.terrain, tiles)
    _link(run.relief, relief)


def _link(name: Path, to: Path) -> None:
    """Make the name one for that file or folder, at once."""
    new = name.with_name(name.name + ".new")
    new.unlink(missing_ok=True)
    new.symlink_to(to.resolve())
    os.replace(new, name)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
