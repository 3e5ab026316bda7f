"""Decisions: checked at the border, written once by the core, answered the same however often they are sent."""

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from console_room import Console, console, soon

DECISION = {"alert": "alert-1", "state": "confirmed", "reason": "person", "note": "dos, con mula"}


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Console]:
    with console(tmp_path) as asked:
        yield asked


def test_a_decision_reaches_the_core_and_is_answered_when_it_is_durable(room: Console) -> None:
    assert room.decide("key-1", **DECISION) == (200, {"id": "key-1", "index": 100})
    assert room.core.heard.get(timeout=20) == {
        "kind": "decision", "id": "key-1", "evidence_opened": None, **DECISION
    }  # fmt: skip


def test_the_same_key_and_decision_are_written_once_and_answered_the_same(room: Console) -> None:
    first = room.decide("key-1", **DECISION)
    assert room.decide("key-1", **DECISION) == first
    assert [room.core.heard.get(timeout=20)["id"] for _ in range(2)] == ["key-1"] * 2
    assert list(room.core.written) == ["key-1"]


def test_the_same_decision_sent_by_many_at_once_is_written_once(room: Console) -> None:
    answers: list[Any] = []
    threads = [threading.Thread(target=lambda: answers.append(room.decide("key-1", **DECISION))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [(200, {"id": "key-1", "index": 100})] * 8


def test_another_decision_under_the_same_key_is_refused(room: Console) -> None:
    room.decide("key-1", **DECISION)
    status, fault = room.decide("key-1", **(DECISION | {"reason": "vehicle"}))
    assert (status, fault["code"]) == (409, "key_used")
    assert len(room.core.written) == 1


@pytest.mark.parametrize("key", [None, "", "a b", "x" * 129, "ñ"])
def test_a_decision_without_a_plain_key_is_refused(room: Console, key: str | None) -> None:
    status, fault = room.decide(None if key is None else key.encode().decode("latin-1"), **DECISION)
    assert (status, fault["code"]) == (422, "no_key")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"state": "unreviewed"}, "bad_decision"),
        ({"state": "confirmed", "reason": "animal"}, "unknown_reason"),
        ({"state": "dismissed", "reason": "person"}, "unknown_reason"),
        ({"state": "dismissed", "reason": "nonsense"}, "unknown_reason"),
        ({"state": "open", "reason": "nonsense"}, "unknown_reason"),
        ({"alert": ""}, "bad_decision"),
        ({"alert": 7}, "bad_decision"),
        ({"note": "x" * 2001}, "bad_decision"),
        ({"note": "x" * 20_000}, "bad_decision"),
        ({"by": "somebody"}, "bad_decision"),
    ],
)
def test_a_decision_that_is_none_is_refused_with_its_remedy(room: Console, change: dict[str, Any], code: str) -> None:
    status, fault = room.decide("key-1", **(DECISION | change))
    assert (status, fault["code"]) == (422, code)
    assert fault["text"]
    assert fault["remedy"]
    assert room.core.heard.empty()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"[" * 10_000, b'{"alert":"a","state":"dismissed"}'])
def test_a_body_that_is_no_decision_is_refused(room: Console, body: bytes) -> None:
    assert room.ask("/api/decisions", "POST", body, Idempotency_Key="k")[0] == 422


@pytest.mark.parametrize("reason", ["animal", "lawful", "rock", "not_there", "duplicate", "unseen", "other"])
def test_each_reason_to_dismiss_is_taken(room: Console, reason: str) -> None:
    assert room.decide(reason, alert="a", state="dismissed", reason=reason, note="")[0] == 200


def test_a_decision_is_taken_back_without_a_reason(room: Console) -> None:
    assert room.decide("back", alert="a", state="open", reason="", note="")[0] == 200


def test_the_core_is_told_whether_a_picture_of_the_alert_was_handed_out(room: Console) -> None:
    picture = b"a picture"
    name = hashlib.sha256(picture).hexdigest()
    room.settings.evidence.mkdir()
    (room.settings.evidence / f"{name}.png").write_bytes(picture)
    evidence = {"still_sha256": name, "chip_sha256": None, "track": []}
    room.core.say({"kind": "alert", "id": "alert-1", "utc_ns": "1", "evidence": evidence})
    soon(lambda: room.json("/api/state")["alerts"])
    room.decide("before", **DECISION)
    assert room.core.heard.get(timeout=20)["evidence_opened"] is False
    assert room.ask(f"/api/evidence/{name}.png")[0] == 200
    room.decide("after", **DECISION)
    assert room.core.heard.get(timeout=20)["evidence_opened"] is True


def test_what_the_core_refuses_is_said_in_its_words(room: Console) -> None:
    status, fault = room.decide("key-1", **(DECISION | {"alert": "nobody"}))
    assert status == 422
    assert (fault["code"], fault["text"]) == ("no_alert", "There is no such alert.")


def test_without_a_core_nothing_is_lost_silently(room: Console) -> None:
    room.core.kill()
    soon(lambda: room.json("/api/state")["health"])
    status, headers, _ = room.ask(
        "/api/decisions", "POST", b'{"alert":"a","state":"confirmed","reason":"person"}', Idempotency_Key="k"
    )
    assert (status, headers["retry-after"]) == (503, "1")
    room.core.start()
    assert soon(lambda: room.decide("k", alert="a", state="confirmed", reason="person")[0] == 200)


def test_a_core_that_dies_before_it_answers_is_asked_again_under_the_same_id(room: Console) -> None:
    room.core.is_mute = True
    answers: list[Any] = []
    asking = threading.Thread(target=lambda: answers.append(room.decide("key-1", **DECISION)))
    asking.start()
    room.core.heard.get(timeout=20)
    room.core.kill()
    asking.join()
    assert answers[0][0] == 503
    assert answers[0][1]["code"] == "core_down"
    room.core.is_mute = False
    room.core.start()
    assert soon(lambda: room.decide("key-1", **DECISION)[0] == 200)


def test_a_core_that_does_not_answer_in_time_is_not_waited_for_and_its_late_answer_counts(room: Console) -> None:
    room.core.is_mute = True
    assert room.decide("key-1", **DECISION)[1]["code"] == "core_slow"
    room.core.say({"kind": "done", "id": "key-1", "index": 7}, {"kind": "done", "id": "unasked", "index": 8})
    room.core.is_mute = False
    assert soon(lambda: room.decide("key-1", **DECISION)[0] == 200)
