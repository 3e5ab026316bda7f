"""Files that the terrain commands write: refused before the work, whole or not at all after it."""

import hashlib
import os
from pathlib import Path

from ...core.errors import EnvironmentFault, InputFault


def check_out(dem: Path, out: Path, field: str = "--out") -> None:
    """Raise InputFault `out_is_dem` or EnvironmentFault `out_unwritable` for a file that cannot be written there."""
    if dem.exists() and out.exists() and dem.samefile(out):
        text = "this is the elevation file itself"
        raise InputFault("out_is_dem", text, file=str(out), field=field, remedy="Name another file.")
    if out.is_dir() or not os.access(out.parent, os.W_OK):
        text = "it is a folder" if out.is_dir() else "its folder does not exist or cannot be written to"
        raise unwritable(out, text, field)


def unwritable(out: Path, text: str, field: str = "--out") -> EnvironmentFault:
    """The fault of a file that cannot be written."""
    remedy = "Name a file in a folder that is there and yours."
    return EnvironmentFault("out_unwritable", text, file=str(out), field=field, remedy=remedy)


def sha256_of(path: Path) -> str:
    """Of the whole file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
