"""A person's decisions: judged, durable before they are answered, written once, and known to the next core."""

import errno
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
from live_stage import Console, Core, alert, core

from apacheta.alert.watchman import unreviewed
from apacheta.app.live import Decided, book_of
from apacheta.core.alerts import Alert
from apacheta.core.entries import Entry


def raise_alert(of: Core, made: Alert) -> None:
    """As a chain raises one: on disk, then told."""
    of.keeper.alert(made, unreviewed(made))
    of.live.publisher.alert(made)


def asked(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {"kind": "decision", "id": f"d{number}", "alert": "alert-0001", "state": "confirmed", "reason": "person",
            "note": "dos personas, una carga"} | changes  # fmt: skip


def entries(of: Core) -> list[Entry]:
    return [msgspec.json.decode(of.account.entry(n), type=Entry) for n in range(of.account.size)]


def decided_in_log(of: Core) -> list[dict[str, Any]]:
    """Bodies of the entries of persons' decisions."""
    return [e.body for e in entries(of) if e.kind == "decision" and e.body["by"] != "nobody"]


def test_a_decision_is_in_the_log_before_it_is_answered_and_told_to_all(tmp_path: Path) -> None:
    with core(tmp_path) as c, Console(tmp_path / "core.sock") as one, Console(tmp_path / "core.sock") as other:
        raise_alert(c, alert())
        other.until("snapshot")
        one.say(**asked())
        answer = one.until("done", "refused")
        entry = entries(c)[answer["index"]]
        body = {"alert": "alert-0001", "state": "confirmed", "reason": "person", "by": "operator", "id": "d1",
                "note": "dos personas, una carga", "watch": "watch-1"}  # fmt: skip
        assert (answer["kind"], answer["id"], entry.kind) == ("done", "d1", "decision")
        assert {k: entry.body[k] for k in body} == body
        told = other.until("decision")
        assert {k: told[k] for k in ("alert", "state", "by", "index")} == {
            "alert": "alert-0001", "state": "confirmed", "by": "operator", "index": answer["index"]
        }  # fmt: skip


def test_the_same_id_twice_is_answered_twice_and_written_once(tmp_path: Path) -> None:
    with core(tmp_path) as c:
        raise_alert(c, alert())
        first = c.live.decide(asked())
        assert first["kind"] == "done"
        assert [c.live.decide(asked()), c.live.decide(asked(reason="vehicle"))] == [first, first]
        assert len(decided_in_log(c)) == 1


def test_a_core_killed_between_write_and_answer_answers_when_it_is_back(tmp_path: Path) -> None:
    with core(tmp_path) as c:
        raise_alert(c, alert())
        index = c.live.decide(asked())["index"]
    with core(tmp_path) as again, Console(tmp_path / "core.sock") as console:
        snapshot = console.until("snapshot")
        assert [a["id"] for a in snapshot["alerts"]] == ["alert-0001"]
        assert [(d["alert"], d["state"], d["index"]) for d in snapshot["decisions"]] == [
            ("alert-0001", "confirmed", index)
        ]
        console.say(**asked())
        assert console.until("done", "refused") == {"kind": "done", "id": "d1", "index": index}
        assert len(decided_in_log(again)) == 1
        assert [e.kind for e in entries(again)].count("log_resume") == 1


def test_numbers_go_on_after_a_restart(tmp_path: Path) -> None:
    with core(tmp_path) as c:
        raise_alert(c, alert(3))
        c.keeper.segment("A1", 7, b"x" * 188, {}, 0)
        c.keeper.commit()
    with core(tmp_path) as again:
        book = again.book
        assert (book.alerts_before, book.incidents_before, book.tracks_before("A1")) == (3, 3, 3)
        assert (book.segments, book.tracks_before("A2")) == ({"A1": 7}, 0)
        assert book.alerts["alert-0003"] == alert(3)
        later = book_of(again.account, "watch-2")
        assert (later.alerts, later.decisions, later.alerts_before) == ({}, [], 0)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"alert": "alert-0009"}, "unknown_alert"),
        ({"reason": "rock"}, "unknown_reason"),
        ({"reason": "unseen"}, "unknown_reason"),
        ({"reason": None}, "unknown_reason"),
        ({"state": "dismissed", "reason": "person"}, "unknown_reason"),
        ({"state": "dismissed", "reason": "rock", "evidence_opened": False}, "evidence_not_opened"),
        ({"state": "open", "reason": None}, "nothing_to_take_back"),
        ({"state": "unreviewed"}, "bad_decision"),
        ({"id": 7}, "bad_decision"),
        ({"id": ""}, "bad_decision"),
        ({"id": "x" * 129}, "bad_decision"),
        ({"note": "x" * 2001}, "bad_decision"),
        ({"note": ["x"]}, "bad_decision"),
    ],
)
def test_what_cannot_stand_is_refused_and_leaves_no_entry(tmp_path: Path, changes: dict[str, Any], code: str) -> None:
    with core(tmp_path) as c:
        raise_alert(c, alert())
        before = c.account.size
        answer = c.live.decide(asked(**changes))
        assert (answer["kind"], answer["code"]) == ("refused", code)
        assert answer["text"]
        assert answer["remedy"]
        assert c.account.size == before


def test_dismissed_unseen_stands_so_in_the_log_and_never_after_somebody_looked(tmp_path: Path) -> None:
    with core(tmp_path) as c:
        raise_alert(c, alert())
        unseen = {"state": "dismissed", "reason": "unseen", "evidence_opened": False}
        assert c.live.decide(asked(1, **unseen))["kind"] == "done"
        assert [(b["state"], b["reason"]) for b in decided_in_log(c)] == [("dismissed", "unseen")]
        assert c.live.decide(asked(2, state="open", reason=""))["kind"] == "done"
        assert c.live.decide(asked(3, state="dismissed", reason="animal", evidence_opened=True))["kind"] == "done"
        assert c.live.decide(asked(4, **unseen))["code"] == "already_looked_at"
        assert [b["id"] for b in decided_in_log(c)] == ["d1", "d2", "d3"]


def test_what_the_disk_refuses_is_refused_and_never_written_behind_his_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full for one decision; once there is room it is asked for again and written once."""
    with core(tmp_path) as c:
        raise_alert(c, alert())
        with monkeypatch.context() as full:
            full.setattr(os, "write", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOSPC, "No space left")))
            answer = c.live.decide(asked())
        assert (answer["kind"], answer["code"]) == ("refused", "disk_full")
        c.keeper.note("looks", 0, {}, at_once=True)
        assert decided_in_log(c) == []
        assert c.live.decide(asked())["kind"] == "done"
        assert [b["id"] for b in decided_in_log(c)] == ["d1"]


def test_a_decision_after_the_log_is_closed_is_refused(tmp_path: Path) -> None:
    with core(tmp_path) as c:
        raise_alert(c, alert())
        c.keeper.close()
        assert c.live.decide(asked())["code"] == "log_is_closed"


def test_a_decision_waits_for_those_before_it_to_be_written(tmp_path: Path) -> None:
    """Its index is its entry's, though others waited."""
    with core(tmp_path) as c:
        raise_alert(c, alert())
        for number in range(5):
            c.keeper.note("looks", 0, {"number": number})
        index = c.live.decide(asked())["index"]
        assert [e.kind for e in entries(c)[index - 5 :]] == ["looks"] * 5 + ["decision"]
        assert c.book.decisions == [c.book.answered("d1")]
        assert isinstance(c.book.answered("d1"), Decided)
