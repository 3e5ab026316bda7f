"""A post: one directory with everything that a place with people and a laptop keeps."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from ..core.errors import InputFault
from ..core.mandate import Mandate
from ..formats.canonical import sha256_hex
from ..formats.mandate_toml import mandate_file_of
from ..formats.strict import decode_toml
from .draw import DRAW_FILE
from .files import write_all, write_whole

POST_FORMAT = 'format = "post/1"\n'
FOLDERS = ("plans", "reports", "evidence", "video")
CERTIFICATE_END = ".certificate.json"


@dataclass(frozen=True)
class Post:
    """Paths of one post; the log's folder belongs to its store. Video and report of a later watch lie apart."""

    folder: Path
    number: int = 1

    @property
    def watch(self) -> str:
        """What the account calls the watch."""
        return f"watch-{self.number}"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def plans(self) -> Path:
        return self.folder / "plans"

    @property
    def plan(self) -> Path:
        """The newest plan; each older one lies beside it, named by its SHA-256."""
        return self.plans / "plan.json"

    @property
    def certificate(self) -> Path:
        """The newest plan's proof, if it has one."""
        return self.plans / "certificate.json"

    @property
    def draw(self) -> Path:
        """The seed of the newest plan's draw, secret until its flights are over."""
        return self.plans / DRAW_FILE

    @property
    def reports(self) -> Path:
        return self.folder / "reports"

    @property
    def report(self) -> Path:
        return self.reports / ("night.html" if self.number == 1 else f"night-{self.number}.html")

    @property
    def evidence(self) -> Path:
        return self.folder / "evidence"

    @property
    def video(self) -> Path:
        return self.folder / "video" / ("" if self.number == 1 else self.watch)

    @property
    def mandate(self) -> Path:
        return self.folder / "mandate.toml"

    def for_another_watch(self, streams: Sequence[str]) -> "Post":
        """The same post for the first watch of which neither video nor report lies there; its streams' folders are
        made, and with them it has its number. Hold the post (open its account) first."""
        tries = (replace(self, number=n) for n in range(1, 10_000))
        post = next(p for p in tries if not p._is_begun())
        for name in streams:
            (post.video / name).mkdir(parents=True)
        return post

    def _is_begun(self) -> bool:
        return self.report.exists() or (self.video.is_dir() and any(self.video.iterdir()))

    def keep_mandate(self, mandate_path: Path) -> None:
        """Keep the mandate, and the file of its area (where its name does not lead elsewhere). Raises InputFault
        `other_mandate` where the post holds another one."""
        wanted = self._mandate_files(mandate_path)
        for path, data in wanted.items():
            if not path.is_file():
                write_whole(path, data, durable=True)

    def refuse_other_mandate(self, mandate_path: Path) -> None:
        """Raises InputFault `other_mandate` where the post holds another mandate than this; writes nothing."""
        self._mandate_files(mandate_path)

    def _mandate_files(self, mandate_path: Path) -> dict[Path, bytes]:
        """What the post holds once it has the mandate, the mandate itself last. Raises InputFault `other_mandate`."""
        data = mandate_path.read_bytes()
        name = mandate_file_of(data, str(mandate_path))[0].area_file
        area, kept = mandate_path.resolve().parent / name, (self.folder / name).resolve()
        wanted = {kept: area.read_bytes()} if area.is_file() and kept.is_relative_to(self.folder.resolve()) else {}
        wanted[self.mandate] = data
        for path in (p for p in wanted if p.is_file() and p.read_bytes() != wanted[p]):
            text = f"the post holds another one than {mandate_path}, and what was done here was done under it."
            remedy = "Name another folder with --post, or put the new mandate into this one yourself."
            raise InputFault("other_mandate", text, file=str(path), remedy=remedy)
        return wanted

    def set_plan_aside(self) -> None:
        """Keep the newest plan, its page, its certificate and its draw under the plan's SHA-256 too: the next one takes
        their names."""
        if self.plan.is_file():
            name = sha256_hex(self.plan.read_bytes())
            ends = {".json": self.plan, ".html": self.plan.with_suffix(".html"), CERTIFICATE_END: self.certificate}
            ends[f".{DRAW_FILE}"] = self.draw
            files = {self.plans / f"{name}{e}": p.read_bytes() for e, p in ends.items() if p.is_file()}
            write_all(files, secret=[self.plans / f"{name}.{DRAW_FILE}"])


class PostFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys of post.toml."""

    format: str


def mandate_body(mandate: Mandate) -> dict[str, Any]:
    """What the account says of the mandate under which a watch is held. Its area is in the hash and in the post, not in
    the entry: a surveyed one has more points than an entry has room for."""
    body: dict[str, Any] = msgspec.to_builtins(mandate)
    del body["area"]
    return body | {k: str(body[k]) for k in ("from_utc_ns", "to_utc_ns")}


def open_post(folder: Path) -> Post:
    """The post in that folder, made if there is none: in a new or empty folder, or in one with a mandate and no sector.
    Raises InputFault: `not_a_post` where other things lie there, and where post.toml is not one that we can read."""
    marker = folder / "post.toml"
    begun = marker.is_file() or ((folder / "mandate.toml").is_file() and not (folder / "sector.toml").exists())
    if folder.is_dir() and any(folder.iterdir()) and not begun:
        raise InputFault(
            "not_a_post",
            "The folder holds other things and no post.toml.",
            file=str(folder),
            remedy="Name a new folder.",
        )
    if marker.is_file():
        decode_toml(marker.read_bytes(), PostFile, kind="post", version=1, file=str(marker))
    else:
        write_whole(marker, POST_FORMAT.encode(), durable=True)
    for name in FOLDERS:
        (folder / name).mkdir(exist_ok=True)
    return Post(folder)
