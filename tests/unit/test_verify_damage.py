"""Every change of a small log is found, and named for what it is. The log: 20 entries, closed."""

import base64
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
from argparse import Namespace
from pathlib import Path

import pytest
from account_log import ORIGIN, SEED, LazyDisk, TickingClock, closed_log, entry, open_account, signer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from apacheta.account import (
    Account,
    MemorySigner,
    NoteKey,
    bundle_of,
    entries_of,
    leaf_hash,
    signature_line,
    unsigned_checkpoint,
)
from apacheta.adapters.filelog import FileLogStore
from apacheta.app import verify as app_verify
from apacheta_verify import verify
from apacheta_verify.report import WHAT

SIZE = 20
BUNDLE, LEAVES = f"tile/entries/000.p/{SIZE}", f"tile/0/000.p/{SIZE}"
VKEY = signer().key.vkey


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """The log as it was written."""
    return closed_log(tmp_path_factory.mktemp("sound") / "post", SIZE)


@pytest.fixture
def post(sound, tmp_path):
    """A copy to damage."""
    return Path(shutil.copytree(sound, tmp_path / "post"))


def _named(post, **options):
    """The first bad thing, from a report that must be a refusal."""
    report = verify(post, **options)
    assert report.exit_code == 1
    first = report.as_json()["first_bad"]
    assert first["what"] in WHAT
    return first


def _files(post):
    return sorted(p for p in (post / "log").rglob("*") if p.is_file())


def _entries(post):
    return entries_of((post / "log" / BUNDLE).read_bytes())


def _with_entries(post, entries):
    (post / "log" / BUNDLE).write_bytes(bundle_of(entries))


def test_a_sound_log_is_verified_and_the_answer_has_every_key(sound):
    report = verify(sound, [VKEY]).as_json()
    assert (report["ok"], report["exit_code"], report["warnings"], report["errors"]) == (True, 0, [], [])
    assert (report["schema"], report["origin"], report["tree_size"]) == ("apacheta/verify/1", ORIGIN, SIZE)
    assert (report["entries_checked"], report["signatures"], report["cosignatures"]) == (SIZE, 1, 0)
    assert report["root_hash"] == (sound / "log/checkpoint").read_text().split("\n")[2]
    assert report["first_bad"] is None
    assert report["unwitnessed_since_utc_ns"] == "1780000001000000000"


def test_a_small_log_is_four_files(sound):
    names = [p.relative_to(sound / "log").as_posix() for p in _files(sound)]
    assert names == ["checkpoint", LEAVES, BUNDLE, "vkey"]


def _flipped(path):
    """Write the file with one bit of each byte flipped in turn; yields the byte's place, then puts it right."""
    good = path.read_bytes()
    for at in range(len(good)):
        path.write_bytes(good[:at] + bytes([good[at] ^ 1 << at % 8]) + good[at + 1 :])
        yield at
    path.write_bytes(good)


@pytest.mark.parametrize("keys", [[], [VKEY]], ids=["own key", "given key"])
def test_every_flipped_byte_of_checkpoint_and_key_is_found_in_its_file(post, keys):
    for name, wanted in {"checkpoint": {"checkpoint", "signature", "truncated"}, "vkey": {"signature"}}.items():
        for at in _flipped(post / "log" / name):
            first = _named(post, keys=keys)
            assert (first["file"], first["what"] in wanted) == (f"log/{name}", True), (at, first)


def test_every_flipped_byte_of_a_tile_is_found_and_the_entry_under_it_named(post):
    for at in _flipped(post / "log" / LEAVES):
        first = _named(post)
        assert (first["file"], first["what"], first["index"]) == (f"log/{LEAVES}", "tile", at // 32)


def test_every_flipped_byte_of_the_entries_is_found_and_its_entry_named(post):
    owner = [index for index, body in enumerate(_entries(post)) for _ in range(2 + len(body))]
    for at in _flipped(post / "log" / BUNDLE):
        first = _named(post)
        assert (first["file"], first["what"], first["index"]) == (f"log/{BUNDLE}", "entry_changed", owner[at])


@pytest.mark.parametrize("name", ["checkpoint", LEAVES, BUNDLE, "vkey"])
def test_every_missing_file_is_named(post, name):
    (post / "log" / name).unlink()
    first = _named(post)
    assert (first["file"], first["what"]) == (f"log/{name}", "missing")


@pytest.mark.parametrize("name", ["checkpoint", LEAVES, BUNDLE, "vkey"])
def test_a_file_cut_at_any_length_is_found(post, name):
    path = post / "log" / name
    good = path.read_bytes()
    for length in range(0, len(good), 1 if len(good) < 400 else 3):
        path.write_bytes(good[:length])
        first = _named(post)
        assert first["file"] == f"log/{name}", (length, first)
        if name != "vkey":
            assert first["what"] == "truncated", (length, first)


@pytest.mark.parametrize("name", ["checkpoint", LEAVES, BUNDLE, "vkey"])
@pytest.mark.parametrize("more", [b"\n", b"\x00", b"x" * 32, b"\x00\x02{}"])
def test_bytes_after_the_end_are_found(post, name, more):
    path = post / "log" / name
    path.write_bytes(path.read_bytes() + more)
    assert _named(post)["file"] == f"log/{name}"


def test_two_swapped_entries_are_named_reordered(post):
    entries = _entries(post)
    for i, j in [(0, 1), (3, 17), (18, 19)]:
        swapped = list(entries)
        swapped[i], swapped[j] = entries[j], entries[i]
        _with_entries(post, swapped)
        first = _named(post)
        assert (first["index"], first["what"]) == (i, "reordered")


def test_a_repeated_entry_is_named_duplicated(post):
    entries = _entries(post)
    for at in range(SIZE):
        _with_entries(post, entries[: at + 1] + entries[at:])
        first = _named(post)
        assert (first["index"], first["what"]) == (at + 1, "duplicated")


def test_an_entry_in_anothers_place_is_named_duplicated(post):
    entries = _entries(post)
    for source, target in [(2, 9), (9, 2)]:
        _with_entries(post, [entries[source] if i == target else e for i, e in enumerate(entries)])
        first = _named(post)
        assert (first["index"], first["what"]) == (target, "duplicated")


def test_a_removed_entry_is_named_missing_and_the_last_ones_truncated(post):
    entries = _entries(post)
    for at in range(SIZE):
        _with_entries(post, entries[:at] + entries[at + 1 :])
        first = _named(post)
        assert (first["index"], first["what"]) == (at, "missing" if at < SIZE - 1 else "truncated")


def test_entries_and_tiles_forged_together_fail_on_the_root(post):
    entries = _entries(post)
    entries[5] = entries[5].replace(b'"n":4', b'"n":5')
    _with_entries(post, entries)
    (post / "log" / LEAVES).write_bytes(b"".join(map(leaf_hash, entries)))
    first = _named(post)
    assert (first["file"], first["what"]) == ("log/checkpoint", "root")


def test_a_log_forged_with_another_key_is_found_by_the_given_key_only(post, tmp_path):
    forged = tmp_path / "forged"
    open_account(forged, by=MemorySigner(bytes(32), ORIGIN)).close()
    assert verify(forged).exit_code == 0
    assert _named(forged, keys=[VKEY])["what"] == "signature"


def test_a_tree_size_of_any_length_is_read_or_refused(post):
    path = post / "log/checkpoint"
    good = path.read_bytes()
    for digits in (21, 5_000):
        path.write_bytes(good.replace(b"\n20\n", b"\n" + b"9" * digits + b"\n"))
        assert _named(post)["what"] == "checkpoint"


def test_a_number_out_of_all_proportion_is_answered_at_once(post, tmp_path):
    """A size that a forger signed with a key of his own, a bundle's name: neither makes the verifier count to it."""
    far = post / "log/tile/entries/x999/x999/x999/000"
    far.parent.mkdir(parents=True)
    far.write_bytes(b"")
    assert _named(post)["file"] == "log/tile/entries/x999/x999/x999/000"
    (post / "log/checkpoint").unlink()
    assert _named(post)["file"] == "log/checkpoint"
    who = signer()
    text = unsigned_checkpoint(ORIGIN, 2**63, bytes(32))
    (post / "log/checkpoint").write_text(f"{text}\n{signature_line(who.key, who.sign(text.encode()))}")
    report = verify(post)
    assert (report.exit_code, report.tree_size, report.bad[0].what) == (1, 2**63, "missing")


def test_files_that_cannot_be_read_are_named_as_such(post):
    """A link to itself: open() fails with ELOOP, as root too."""
    for name in (LEAVES, BUNDLE):
        (post / "log" / name).unlink()
        (post / "log" / name).symlink_to(name.rpartition("/")[2])
    code, out = _command(post, "--json")
    errors = json.loads(out)["errors"]
    assert (code, {error["code"] for error in errors}) == (4, {"unreadable"})
    assert {error["file"] for error in errors} == {f"log/{LEAVES}", f"log/{BUNDLE}"}


def test_a_folder_that_cannot_be_listed_is_named_as_such(post, monkeypatch):
    def refusing(path, scan=os.scandir):
        if str(path).endswith("tile/0"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refusing)
    report = verify(post)
    assert (report.exit_code, [error["file"] for error in report.errors]) == (4, ["log/tile/0"])


def test_a_foreign_file_is_named(post):
    for name in ("tile/0/readme", "notes", "tile/0/x000/000", "tile/2/000.p/1"):
        path = post / "log" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 32)
        assert _named(post)["file"] == f"log/{name}"
        path.unlink()


def test_a_repeated_signature_line_is_named_duplicated(post):
    path = post / "log/checkpoint"
    path.write_text(path.read_text() + path.read_text().split("\n\n")[1])
    assert _named(post)["what"] == "duplicated"


def test_base64_spelt_otherwise_is_found(post):
    """The last letter before `=` has two idle bits: the same bytes, another spelling."""
    path = post / "log/checkpoint"
    text = path.read_text()
    at = text.rindex("=") - 1
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    path.write_text(text[:at] + letters[letters.index(text[at]) + 1] + text[at + 1 :])
    assert _named(post)["what"] == "signature"


def test_an_entry_that_is_not_canonical_is_named_even_when_signed(tmp_path):
    account = open_account(tmp_path)
    for body in (b'{"body":{},"kind":"looks","utc_ns": "1"}', b'{"body":{},"kind":"looks"}'):
        index = account._store.append([body])
        account._tree.append(leaf_hash(body))
        account.checkpoint()
        assert index in [bad.index for bad in verify(tmp_path).bad]
    account._store.close()


def test_a_rollback_is_found_by_a_checkpoint_kept_elsewhere(sound, tmp_path):
    newer = tmp_path / "newer"
    shutil.copytree(sound, newer)
    open_account(newer, by=signer()).close()
    kept = newer / "log/checkpoint"
    assert verify(sound).exit_code == 0
    first = _named(sound, outside=kept)
    assert (first["index"], first["what"]) == (SIZE, "truncated")
    assert verify(newer, outside=sound / "log/checkpoint").exit_code == 0
    assert verify(newer, outside=kept).exit_code == 0


def test_another_history_is_found_by_a_checkpoint_kept_elsewhere(sound, tmp_path):
    other = tmp_path / "other"
    account = open_account(other)
    account.record_many([entry(n + 100) for n in range(SIZE + 5)])
    account.close()
    assert verify(other).exit_code == 0
    assert _named(other, outside=sound / "log/checkpoint")["what"] == "root"


def test_a_log_written_anew_is_found_by_a_checkpoint_kept_elsewhere(sound, tmp_path):
    for name, origin, seed in [("key", ORIGIN, bytes(32)), ("name", "apacheta.invalid/other", SEED)]:
        anew = tmp_path / name
        (anew / "log").mkdir(parents=True)
        who = MemorySigner(seed, origin)
        (anew / "log/vkey").write_text(f"{who.key.vkey}\n")
        account = Account(FileLogStore(anew / "log", LazyDisk()), who, origin, TickingClock())
        account.record_many([entry(n) for n in range(SIZE)])
        account.close()
        assert verify(anew).exit_code == 0
        first = _named(anew, outside=sound / "log/checkpoint")
        assert (first["file"], first["what"], first["index"]) == ("log/checkpoint", "signature", None)
        assert "is not the one of the checkpoint that was kept" in first["text"]


def test_an_unreadable_outside_checkpoint_does_not_hide_what_is_bad(post, tmp_path):
    (post / "log" / LEAVES).unlink()
    report = verify(post, outside=tmp_path / "nothing")
    assert (report.exit_code, report.bad[0].what) == (1, "missing")
    assert "bad_checkpoint" in [error["code"] for error in report.as_json()["errors"]]


def test_a_bad_outside_checkpoint_is_an_input_fault_and_not_a_verdict(sound, tmp_path):
    bad = tmp_path / "kept"
    assert verify(sound, outside=bad).exit_code == 3
    bad.write_bytes((sound / "log/checkpoint").read_bytes().replace(b"\n20\n", b"\n19\n"))
    assert verify(sound, outside=bad).exit_code == 3


def test_entries_newer_than_the_checkpoint_are_counted_as_unsigned(tmp_path):
    account = open_account(tmp_path)
    account.record_many([entry(n) for n in range(3)])
    account._store.close()
    report = verify(tmp_path)
    assert (report.exit_code, report.tree_size, report.unsigned_entries) == (0, 1, 3)
    assert "unsigned_entries" in [w["code"] for w in report.warnings]
    journal = tmp_path / "log/pending"
    good = journal.read_bytes()
    journal.write_bytes(good[:-5])
    assert "torn_tail" in [w["code"] for w in verify(tmp_path).warnings]
    journal.write_bytes(good + good[:-5] + b"x" + good[-4:] + good)
    first = _named(tmp_path)
    assert (first["file"], first["what"]) == ("log/pending", "entry_changed")


def test_an_older_checkpoint_over_newer_tiles_is_named(tmp_path):
    account = open_account(tmp_path)
    account.record_many([entry(n) for n in range(300)])
    old = account.checkpoint().text
    account.record_many([entry(n) for n in range(300)])
    account.close()
    (tmp_path / "log/checkpoint").write_text(old)
    assert verify(tmp_path).exit_code == 1


def _cosigned(post, witness, type_byte, seconds, sign):
    """Add a witness's line to the checkpoint; returns its vkey."""
    path = post / "log/checkpoint"
    text = path.read_text().split("\n\n")[0] + "\n"
    key = NoteKey("witness.invalid", type_byte, witness.public_key().public_bytes_raw())
    raw = struct.pack(">Q", seconds) + sign(text, key)
    path.write_text(path.read_text() + signature_line(key, raw))
    return key.vkey


def test_an_ed25519_cosignature_is_counted_and_verified_with_its_key(post):
    witness = Ed25519PrivateKey.from_private_bytes(SEED[::-1])
    vkey = _cosigned(post, witness, 4, 1_780_000_100, lambda text, _: witness.sign(
        f"cosignature/v1\ntime 1780000100\n{text}".encode()))  # fmt: skip
    assert (verify(post).exit_code, verify(post).cosignatures) == (0, 0)
    assert verify(post).unwitnessed_since_utc_ns is not None
    report = verify(post, [VKEY, vkey])
    assert (report.exit_code, report.signatures, report.cosignatures) == (0, 1, 1)
    assert (report.unwitnessed_since_utc_ns, report.warnings) == (None, [])
    path = post / "log/checkpoint"
    raw = path.read_bytes()
    path.write_bytes(raw[:-20] + (b"A" if raw[-20:-19] != b"A" else b"B") + raw[-19:])
    assert _named(post, keys=[VKEY, vkey])["what"] == "signature"


def _codes(report):
    return [warning["code"] for warning in report.warnings]


def test_a_line_that_nobody_can_check_is_no_cosignature(post):
    parliament = NoteKey("parliament.example", 4, bytes(32))
    path = post / "log/checkpoint"
    path.write_text(path.read_text() + signature_line(parliament, os.urandom(72)))
    report = verify(post, [VKEY])
    assert (report.exit_code, report.cosignatures, _codes(report)) == (0, 0, ["unknown_signature"])


def test_a_given_key_that_signed_nothing_is_remarked_on(post):
    witness = Ed25519PrivateKey.from_private_bytes(SEED[::-1]).public_key().public_bytes_raw()
    report = verify(post, [VKEY, NoteKey("witness.invalid", 4, witness).vkey])
    assert (report.exit_code, report.cosignatures, _codes(report)) == (0, 0, ["no_signature"])


def test_an_ml_dsa_cosignature_is_verified_with_its_key(post):
    mldsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.mldsa", reason="cryptography without ML-DSA")
    witness = mldsa.MLDSA44PrivateKey.from_seed_bytes(SEED)
    root = base64.b64decode((post / "log/checkpoint").read_text().split("\n")[2])

    def sign(_text, key):
        name, origin = key.name.encode(), ORIGIN.encode()
        message = b"subtree/v1\n\0" + bytes([len(name)]) + name + struct.pack(">Q", 1_780_000_100)
        return witness.sign(message + bytes([len(origin)]) + origin + struct.pack(">QQ", 0, SIZE) + root)

    vkey = _cosigned(post, witness, 6, 1_780_000_100, sign)
    report = verify(post, [VKEY, vkey])
    assert (report.exit_code, report.cosignatures, report.unwitnessed_since_utc_ns) == (0, 1, None)


def test_a_log_is_verified_while_it_is_written(tmp_path):
    account = open_account(tmp_path)
    for n in range(5):
        account.record(entry(n))
        assert verify(tmp_path).exit_code == 0
        account.checkpoint()
        assert verify(tmp_path).exit_code == 0
    account._store.close()


def _command(*words):
    done = subprocess.run([sys.executable, "-m", "apacheta_verify", *map(str, words)], capture_output=True, text=True)
    return done.returncode, done.stdout


def test_the_command_answers_by_exit_code_and_one_json_object(post, tmp_path):
    code, out = _command(post, "--json")
    assert (code, json.loads(out)["ok"], out.count("\n")) == (0, True, 1)
    (post / "log" / LEAVES).unlink()
    code, out = _command(post, "--json", "--key", VKEY)
    assert (code, json.loads(out)["exit_code"]) == (1, 1)
    code, out = _command(tmp_path / "nowhere", "--json")
    assert (code, json.loads(out)["errors"][0]["code"]) == (3, "no_log")
    code, out = _command("--json")
    assert (code, json.loads(out)["exit_code"]) == (2, 2)
    code, out = _command(post, "--json", "--key", "nonsense")
    assert (code, json.loads(out)["errors"][0]["code"]) == (2, "bad_key")


def test_the_products_command_passes_the_verifiers_answer_through(post):
    answer, code = app_verify.run(post, VKEY, post / "log/checkpoint")
    assert (code, answer["ok"], answer["tree_size"]) == (0, True, SIZE)
    os.truncate(post / "log" / BUNDLE, 100)
    answer, code = app_verify.run(post)
    assert (code, answer["first_bad"]["what"]) == (1, "truncated")


def test_the_verifier_imports_nothing_of_the_product():
    code = (
        "import sys, apacheta_verify; print({m.split('.')[0] for m in sys.modules} & {'apacheta', 'numpy', 'msgspec'})"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "set()"


def test_a_store_gives_the_bytes_that_the_verifier_checked(sound, tmp_path):
    post = Path(shutil.copytree(sound, tmp_path / "post"))
    store = FileLogStore(post / "log", LazyDisk())
    assert [store.entry(i) for i in range(store.size())] == _entries(post)
    store.close()


ENDLESS = """
import os, signal, sys, time
from apacheta_verify import __main__ as command
signal.signal(signal.SIGINT, signal.default_int_handler)  # a suite that runs in the background is deaf to it
def verify(*_):
    print("reading", file=sys.stderr, flush=True)
    time.sleep(60)
command.verify = verify
sys.exit(command.main(sys.argv[1:]))
"""
"""A verifier with a log that it never comes to the end of."""


def test_a_verification_that_is_interrupted_answers_all_the_same(post):
    words = [sys.executable, "-c", ENDLESS, str(post), "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr.readline() == b"reading\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    answer = json.loads(out)
    assert (process.returncode, answer["exit_code"], answer["interrupted"], answer["ok"]) == (130, 130, True, False)
    assert err == b""


@pytest.mark.parametrize("late", [True, False], ids=["the verifier answers", "it had not begun"])
def test_the_products_command_that_is_interrupted_answers_once(post, monkeypatch, capfd, late):
    """Ctrl-C goes to us alone here; from a terminal it goes to both."""
    begun = post / "begun"
    early = "import signal, sys, time; from pathlib import Path; signal.signal(signal.SIGINT, signal.SIG_DFL); "
    early += f"Path({str(begun)!r}).touch(); time.sleep(60)"
    body = ENDLESS.replace("    time", f"    open({str(begun)!r}, 'w').close()\n    time") if late else early
    monkeypatch.setattr(app_verify, "_words", lambda *_: [sys.executable, "-c", body, str(post)])
    thread = threading.Thread(target=lambda: (_until(begun), os.kill(os.getpid(), signal.SIGINT)))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        thread.start()
        assert app_verify.command(Namespace(post=post, key=None, checkpoint=None, json=True)) == 130
        thread.join()
    finally:
        signal.signal(signal.SIGINT, before)
    answer = json.loads(capfd.readouterr().out)
    assert (answer["exit_code"], answer["interrupted"], answer["first_bad"]) == (130, True, None)


def _until(path):
    while not path.exists():
        time.sleep(0.01)
