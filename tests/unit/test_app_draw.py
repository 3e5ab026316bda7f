"""The draw's seed comes into the log when a watch is over and nothing of it flies any more, once, and never before."""

import json
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from account_log import open_account
from draw_stage import OTHER, SEED, WATCH, entry, flight, kept, plan_drawn, planned, revealed

from apacheta.adapters.filelog import FileLogStore
from apacheta.app.answer import Answer
from apacheta.app.chain import Keeper
from apacheta.app.demo import recipe
from apacheta.app.draw import encode_draw
from apacheta.app.post import Post
from apacheta.core.entries import Entry
from apacheta.core.errors import LocalProtocolError
from apacheta.formats.canonical import sha256_hex

PLAN = plan_drawn()
OPENED, LANDED = flight()


def kinds(post: Post) -> list[str]:
    return [e["kind"] for e in entries(post)]


def entries(post: Post) -> list[dict[str, Any]]:
    store = FileLogStore(post.log)
    try:
        return [json.loads(store.entry(n)) for n in range(store.size())]
    finally:
        store.close()


def watched(post: Post, *noted: Entry, is_over: bool = True) -> Keeper:
    """A process that writes these down and closes the log."""
    keeper = Keeper(post, open_account(post.folder), keep_video=False)
    for one in noted:
        keeper.note(one.kind, int(one.utc_ns), one.body)
    keeper.close(is_over=is_over)
    return keeper


def test_the_seed_is_told_after_the_last_landing_and_before_the_log_is_closed(tmp_path: Path) -> None:
    post = kept(tmp_path, PLAN)
    keeper = watched(post, entry("mandate"), planned(PLAN), *flight(), *flight("A2"))
    assert kinds(post)[-3:] == ["flight_close", "draw", "log_close"]
    assert entries(post)[-2]["body"] == revealed(PLAN).body
    with pytest.raises(LocalProtocolError, match="after the log was closed"):
        keeper.note("flight_open", 0, OPENED.body)


@pytest.mark.parametrize(
    "noted",
    [
        [planned(PLAN), OPENED],
        [planned(PLAN), OPENED, LANDED, OPENED],
        [planned(PLAN), *flight("A2"), OPENED],
        [OPENED, planned(PLAN)],
        [entry("mandate")],
        [planned(PLAN, "watch-2")],
        [planned(PLAN, draw_sha256=None)],
        [planned(PLAN, draw_sha256="0" * 64)],
    ],
)
def test_it_is_not_told_while_somebody_may_fly_nor_without_a_plan_that_committed_to_it(
    tmp_path: Path, noted: list[Entry]
) -> None:
    post = kept(tmp_path, PLAN)
    watched(post, *noted)
    assert "draw" not in kinds(post)


@pytest.mark.parametrize("held", [None, b"", b"{}", b'{"format":"draw/1"}', encode_draw(sha256_hex(b""), OTHER)])
def test_a_file_that_is_missing_broken_or_another_seeds_tells_nothing_and_ends_no_night(
    tmp_path: Path, held: bytes | None
) -> None:
    post = kept(tmp_path, PLAN, None)
    if held is not None:
        post.draw.write_bytes(held)
    watched(post, planned(PLAN), *flight())
    assert kinds(post)[-2:] == ["flight_close", "log_close"]


def test_a_watch_that_goes_on_in_another_process_keeps_its_seed_until_that_one_ends(tmp_path: Path) -> None:
    """Prepared by one process, flown by another that is killed, ended by a third, opened once more by a fourth."""
    post = kept(tmp_path, PLAN)
    watched(post, planned(PLAN), is_over=False)
    account = open_account(post.folder)
    account.record_many([OPENED])
    account._store.close()
    assert "draw" not in kinds(post)
    watched(post, LANDED)
    watched(post)
    assert kinds(post).count("draw") == 1


@pytest.mark.parametrize(
    ("goes_on", "failure", "ends"),
    [
        (False, None, ["plan", "draw", "log_close"]),
        (True, None, ["plan", "log_close"]),
        (True, KeyboardInterrupt(), ["plan", "fault", "draw", "log_close"]),
    ],
)
def test_a_night_that_is_only_prepared_tells_no_seed_and_one_that_ends_while_prepared_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, goes_on: bool, failure: BaseException | None, ends: list[str]
) -> None:
    post = kept(tmp_path, PLAN)
    keeper = Keeper(post, open_account(post.folder), keep_video=False)

    def ready(*_: Any) -> SimpleNamespace:
        keeper.note("plan", 0, planned(PLAN).body)
        return SimpleNamespace(faults=[])

    def work(_: Any) -> None:
        if failure is not None:
            raise failure

    monkeypatch.setattr(recipe, "_ready", ready)
    given: Any = SimpleNamespace(sector=SimpleNamespace(start_utc_ns=0))
    with suppress(KeyboardInterrupt):
        recipe.planned_and(Answer("test"), given, keeper, post, SimpleNamespace(), work, goes_on)  # type: ignore[arg-type]
    assert kinds(post)[1:] == ends


def test_flights_and_seeds_of_an_older_watch_are_not_this_ones(tmp_path: Path) -> None:
    post = kept(tmp_path, PLAN)
    older = [planned(PLAN, "watch-0"), revealed(PLAN, "watch-0"), flight("A2", "watch-0")[0]]
    watched(post, *older, planned(PLAN), *flight())
    assert [e["body"]["watch"] for e in entries(post) if e["kind"] == "draw"] == ["watch-0", WATCH]


def test_an_older_plans_draw_is_kept_under_the_plans_hash_and_is_as_secret(tmp_path: Path) -> None:
    post = kept(tmp_path, PLAN)
    post.set_plan_aside()
    aside = post.plans / f"{sha256_hex(post.plan.read_bytes())}.draw.json"
    assert aside.read_bytes() == post.draw.read_bytes() == encode_draw(sha256_hex(post.plan.read_bytes()), SEED)
    assert aside.stat().st_mode & 0o777 == 0o600
