"""Where things that can be made again are kept between runs."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path


def cache_folder() -> Path:
    """`$XDG_CACHE_HOME/apacheta` or `~/.cache/apacheta`."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "apacheta"


def unused_folder(wanted: Path) -> Path:
    """`wanted`, or `wanted-2`, `-3`, ... : the first that does not exist."""
    tries = (wanted if n == 1 else wanted.with_name(f"{wanted.name}-{n}") for n in range(1, 10_000))
    return next(path for path in tries if not path.exists())


def made_whole(folder: Path, write: Callable[[Path], None]) -> None:
    """Fill a folder beside the wanted one and rename it into place; a second process that was faster wins."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=folder.name + ".", dir=folder.parent))
    try:
        write(new)
        os.replace(new, folder)
    except OSError:
        if not folder.is_dir():
            raise
    finally:
        shutil.rmtree(new, ignore_errors=True)
