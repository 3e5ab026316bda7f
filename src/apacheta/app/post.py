"""A post: one directory with everything that a place with people and a laptop keeps."""

import shutil
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..core.errors import InputFault

POST_FORMAT = 'format = "post/1"\n'
FOLDERS = ("plans", "reports", "evidence", "video")


@dataclass(frozen=True)
class Post:
    """Paths of one post; the log's folder belongs to its store. `watch` keeps a later watch's video apart."""

    folder: Path
    watch: str = ""

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def plans(self) -> Path:
        return self.folder / "plans"

    @property
    def reports(self) -> Path:
        return self.folder / "reports"

    @property
    def evidence(self) -> Path:
        return self.folder / "evidence"

    @property
    def video(self) -> Path:
        return self.folder / "video" / self.watch

    @property
    def mandate(self) -> Path:
        return self.folder / "mandate.toml"

    def for_another_watch(self, streams: Sequence[str]) -> "Post":
        """The same post with a video folder in which none of these streams has been kept yet."""
        if not any((self.video / name).exists() for name in streams):
            return self
        return replace(self, watch=unused_folder(self.folder / "video" / "watch-2").name)

    def keep_mandate(self, mandate_path: Path) -> None:
        """Copy the mandate, and the file of its area (where its name does not lead elsewhere), into the post."""
        if mandate_path.resolve() == self.mandate.resolve():
            return
        shutil.copyfile(mandate_path, self.mandate)
        name = tomllib.loads(self.mandate.read_text(encoding="utf-8"))["area_file"]
        area, kept = mandate_path.resolve().parent / name, (self.folder / name).resolve()
        if area.is_file() and area.resolve() != kept and kept.is_relative_to(self.folder.resolve()):
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(area, kept)


def open_post(folder: Path) -> Post:
    """The post in that folder, made if there is none: in a new or empty folder, or in one with a mandate and no sector.
    A folder with other things in it is refused."""
    marker = folder / "post.toml"
    begun = marker.is_file() or ((folder / "mandate.toml").is_file() and not (folder / "sector.toml").exists())
    if folder.is_dir() and any(folder.iterdir()) and not begun:
        raise InputFault(
            "not_a_post",
            "The folder holds other things and no post.toml.",
            file=str(folder),
            remedy="Name a new folder.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    if not marker.is_file():
        marker.write_text(POST_FORMAT, encoding="utf-8")
    elif "post/1" not in marker.read_text(encoding="utf-8"):
        raise InputFault(
            "newer_post", "This post was written by a newer Apacheta.", file=str(marker), field="format",
            remedy="Update Apacheta, or name another folder.",
        )  # fmt: skip
    for name in FOLDERS:
        (folder / name).mkdir(exist_ok=True)
    return Post(folder)


def unused_folder(wanted: Path) -> Path:
    """`wanted`, or `wanted-2`, `-3`, ... : the first that does not exist."""
    tries = (wanted if n == 1 else wanted.with_name(f"{wanted.name}-{n}") for n in range(1, 10_000))
    return next(path for path in tries if not path.exists())
