"""The few calls to the operating system that durability rests on, in one place so that a test can make each fail."""

import os
from pathlib import Path


class Disk:
    """Plain files. Every method raises OSError when it fails; none retries."""

    def write(self, descriptor: int, data: bytes) -> None:
        """All the bytes, or OSError."""
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]

    def sync(self, descriptor: int) -> None:
        """Return when the bytes written to the descriptor are on disk."""
        os.fdatasync(descriptor)

    def cut(self, descriptor: int, length: int) -> None:
        """Shorten the file."""
        os.ftruncate(descriptor, length)

    def rename(self, source: Path, target: Path) -> None:
        """Replace `target` by `source` in one step."""
        os.replace(source, target)

    def unlink(self, path: Path) -> None:
        """Remove a file."""
        os.unlink(path)

    def make_folder(self, path: Path) -> None:
        """Make one folder in a folder that exists."""
        os.mkdir(path)

    def sync_folder(self, path: Path) -> None:
        """Return when the names in the folder are on disk."""
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def make_folder_durably(disk: Disk, folder: Path) -> None:
    """Make a folder and those that are missing above it. When this returns, all their names are on disk, also of those
    that someone made just before; a folder that we may not read is taken to be an old one, as is another disk."""
    for path in reversed([path for path in (folder, *folder.parents) if not path.is_dir()]):
        disk.make_folder(path)
    whole = folder.resolve()
    for above in whole.parents:
        if above.stat().st_dev != whole.stat().st_dev or not os.access(above, os.R_OK):
            return
        disk.sync_folder(above)
