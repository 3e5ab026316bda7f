"""A post as it is made, and what it says of its mandate."""

import os
import stat
from pathlib import Path

import msgspec
import pytest

from apacheta.account import entry_bytes
from apacheta.app.post import mandate_body, open_post
from apacheta.core.entries import Entry
from apacheta.core.mandate import Mandate

MANDATE = Mandate(
    authority="test", purpose="exercise", exercise=True, partners=(), share=(), from_utc_ns=1_780_000_000_000_000_000,
    to_utc_ns=1_790_000_000_000_000_000, area=(), area_file="area.geojson", sha256="0" * 64,
)  # fmt: skip


def test_a_mandate_with_a_surveyed_area_fits_into_its_entry() -> None:
    """4,000 points of 17 digits: the area's hash is in the mandate's, the area itself in the post."""
    area = tuple((-70.0 + n / 3e6, -32.0 + n / 7e6) for n in range(4_000))
    body = mandate_body(msgspec.structs.replace(MANDATE, area=area))
    assert len(entry_bytes(Entry(kind="mandate", utc_ns="0", body=body))) < 1_000
    assert (body["sha256"], body["area_file"], body["to_utc_ns"]) == ("0" * 64, "area.geojson", str(MANDATE.to_utc_ns))


def test_a_new_posts_marker_is_on_disk_before_anything_is_put_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[bool] = []
    real = os.fsync

    def sync(descriptor: int) -> None:
        synced.append(stat.S_ISDIR(os.fstat(descriptor).st_mode))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", sync)
    open_post(tmp_path / "post")
    assert synced == [False, True, True]


@pytest.mark.parametrize("keeps", ["video", "report", "nothing: it broke off, without video"])
def test_each_watch_of_a_post_has_a_number_of_its_own(tmp_path: Path, keeps: str) -> None:
    """Whichever aircraft it flies: an alert's id holds within its watch, and no report is written over."""
    post, found = open_post(tmp_path / "post"), []
    for fleet in (["A1", "A2"], ["A1"], ["A3"], ["A1"]):
        one = post.for_another_watch(fleet)
        found.append((one.watch, str(one.video.relative_to(post.folder)), one.report.name))
        if keeps == "video":
            (one.video / fleet[0] / "000001.ts").touch()
        if keeps == "report":
            one.report.touch()
            for name in fleet:
                (one.video / name).rmdir()
    assert found == [
        ("watch-1", "video", "night.html"),
        ("watch-2", "video/watch-2", "night-2.html"),
        ("watch-3", "video/watch-3", "night-3.html"),
        ("watch-4", "video/watch-4", "night-4.html"),
    ]
