"""Files that take their name only when they are whole."""

import os
import secrets
from collections.abc import Collection, Mapping
from pathlib import Path


def write_whole(path: Path, data: bytes, durable: bool = False) -> None:
    """Write one file so that a reader finds the old one or the new one, never a part; `durable`: it is on disk when
    this returns. Its folder is made. OSError on a full disk: the old one then stands."""
    write_all({path: data}, durable)


def write_all(files: Mapping[Path, bytes], durable: bool = True, secret: Collection[Path] = ()) -> None:
    """Write files of one folder so that none takes its name before all are whole. Their folder is made; where that was
    for nothing it is removed. `secret`: those of them that nobody but their owner may read, at any moment. OSError on a
    full disk: the old ones then stand."""
    folder = next(iter(files)).parent
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    beside = {path: folder / f".{path.name}.{secrets.token_hex(4)}" for path in files}
    try:
        for path, work in beside.items():
            _fill(work, files[path], durable, 0o600 if path in secret else 0o666)
        for path, work in beside.items():
            os.replace(work, path)
    except BaseException:
        for work in beside.values():
            work.unlink(missing_ok=True)
        for path in (p for p in made if not any(p.iterdir())):
            path.rmdir()
        raise
    if durable:
        for path in (folder, *(p.parent for p in made)):
            _sync_folder(path)


def _fill(path: Path, data: bytes, durable: bool, mode: int) -> None:
    """Put the bytes into a new file; `durable`: on disk. mode: who may read it, less what the umask takes away."""
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
        file.write(data)
        file.flush()
        if durable:
            os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Put the names in the folder on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
