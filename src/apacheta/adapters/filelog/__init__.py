"""The account's log on plain files: `FileLogStore`."""

from .disk import Disk
from .store import FileLogStore

__all__ = ["Disk", "FileLogStore"]
