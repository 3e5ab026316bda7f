"""The account's log on plain files: `FileLogStore`."""

from .disk import Disk, make_folder_durably
from .store import FileLogStore

__all__ = ["Disk", "FileLogStore", "make_folder_durably"]
