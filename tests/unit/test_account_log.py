"""What an account does on opening, recording, signing and closing, and what it refuses."""

import errno
import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from account_log import ORIGIN, SEED, LazyDisk, TickingClock, closed_log, entry, open_account, signer

from apacheta.account import (
    Account,
    MemorySigner,
    checkpoint_of,
    is_signed_by,
    key_of,
    leaf_hash,
    merkle,
    verify_consistency,
    verify_inclusion,
)
from apacheta.adapters import keys
from apacheta.adapters.filelog import Disk, FileLogStore
from apacheta.adapters.keys import open_signer
from apacheta.core.entries import Entry
from apacheta.core.errors import EnvironmentFault, InputFault, LocalProtocolError
from apacheta_verify import verify


def _kinds(post):
    store = FileLogStore(post / "log", LazyDisk())
    kinds = [msgspec.json.decode(store.entry(i))["kind"] for i in range(store.size())]
    store.close()
    return kinds


def _abandon(account):
    account._store.close()


def test_a_log_opens_closes_and_opens_again(tmp_path):
    closed_log(tmp_path, 5)
    open_account(tmp_path).close()
    assert _kinds(tmp_path) == ["log_open", *["looks"] * 3, "log_close", "log_open", "log_close"]


def test_a_log_that_was_not_closed_says_that_it_resumes(tmp_path):
    account = open_account(tmp_path)
    account.record(entry(1))
    _abandon(account)
    account = open_account(tmp_path)
    assert account.size == 3
    account.close()
    assert _kinds(tmp_path) == ["log_open", "looks", "log_resume", "log_close"]
    assert verify(tmp_path).exit_code == 0


def test_an_index_comes_back_and_its_proof_holds(tmp_path):
    account = open_account(tmp_path)
    first = account.record_many([entry(n) for n in range(300)])
    old = account.checkpoint()
    account.record(entry(300))
    new = account.checkpoint()
    store = account._store
    assert verify_inclusion(
        first + 7, new.size, leaf_hash(store.entry(first + 7)), account.inclusion_proof(first + 7), new.root
    )
    assert verify_consistency(old.size, new.size, account.consistency_proof(old.size), old.root, new.root)
    account.close()


def test_a_checkpoint_is_a_note_that_the_key_signed(tmp_path):
    account = open_account(tmp_path)
    checkpoint = account.checkpoint()
    assert checkpoint_of(checkpoint.text.encode()) == checkpoint
    assert (checkpoint.origin, checkpoint.size) == (ORIGIN, 1)
    assert is_signed_by(checkpoint.text, signer().key)
    assert not is_signed_by(checkpoint.text.replace("\n1\n", "\n2\n"), signer().key)
    assert not is_signed_by(checkpoint.text, MemorySigner(bytes(32), ORIGIN).key)
    account.close()


def test_without_new_entries_the_same_checkpoint_comes_back(tmp_path):
    account = open_account(tmp_path)
    assert account.checkpoint() is account.checkpoint()
    account.close()


def test_a_changed_entry_stops_the_opening_and_its_file_is_named(tmp_path):
    closed_log(tmp_path, 20)
    bundle = tmp_path / "log/tile/entries/000.p/20"
    bundle.write_bytes(bundle.read_bytes().replace(b'"n":7', b'"n":8'))
    with pytest.raises(InputFault) as caught:
        open_account(tmp_path)
    assert (caught.value.line.code, caught.value.line.file) == ("log_corrupt", "log/tile/entries/000.p/20")


def test_entry_and_tile_changed_together_still_do_not_open(tmp_path):
    closed_log(tmp_path, 20)
    bundle, tile = tmp_path / "log/tile/entries/000.p/20", tmp_path / "log/tile/0/000.p/20"
    bundle.write_bytes(bundle.read_bytes().replace(b'"n":7', b'"n":8'))
    changed = bundle.read_bytes()
    at = changed.index(b'{"body":{"n":8}')
    length = int.from_bytes(changed[at - 2 : at], "big")
    hashes = tile.read_bytes()
    tile.write_bytes(hashes[: 32 * 8] + leaf_hash(changed[at : at + length]) + hashes[32 * 9 :])
    with pytest.raises(InputFault, match="root"):
        open_account(tmp_path)


def test_a_checkpoint_of_another_key_stops_the_opening(tmp_path):
    closed_log(tmp_path, 5)
    with pytest.raises(InputFault, match="not signed by"):
        open_account(tmp_path, by=MemorySigner(bytes(32), ORIGIN))


def test_an_older_checkpoint_put_back_stops_the_opening(tmp_path):
    account = open_account(tmp_path)
    old = account.checkpoint().text
    account.record(entry(1))
    account.close()
    (tmp_path / "log/checkpoint").write_text(old)
    with pytest.raises(InputFault, match="put back"):
        open_account(tmp_path)


def test_a_whole_log_put_back_is_refused_by_the_memory_of_the_key(tmp_path):
    post, key = tmp_path / "post", tmp_path / "keys/post.pem"

    def opened():
        store = FileLogStore(post / "log", LazyDisk())
        who = open_signer(post, key_file=key)
        try:
            return Account(store, who, who.key.name, TickingClock())
        except InputFault:
            store.close()
            raise

    opened().close()
    shutil.copytree(post, tmp_path / "older")
    opened().close()
    shutil.rmtree(post)
    shutil.copytree(tmp_path / "older", post)
    with pytest.raises(InputFault) as caught:
        opened()
    assert caught.value.line.code == "log_rolled_back"
    assert verify(post).exit_code == 0, "the older log itself is sound"


def test_a_second_history_is_never_signed():
    who = signer()
    who.remember(5, b"a" * 32)
    who.remember(5, b"a" * 32)
    for size, root in [(5, b"b" * 32), (4, b"a" * 32)]:
        with pytest.raises(LocalProtocolError):
            who.remember(size, root)


def test_what_has_no_canonical_form_or_is_too_large_is_refused_and_nothing_is_kept(tmp_path):
    account = open_account(tmp_path)
    for body in ({"x": float("nan")}, {"x": 2**53}, {"x": "a" * 66_000}):
        with pytest.raises(LocalProtocolError):
            account.record_many([entry(1), Entry(kind="looks", utc_ns="1", body=body)])
    assert account.size == 1
    account.close()


def test_the_private_key_is_outside_the_post_and_for_its_owner_only(tmp_path, monkeypatch):
    monkeypatch.delenv("APACHETA_KEY", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    post = tmp_path / "post"
    FileLogStore(post / "log", LazyDisk()).close()
    first = open_signer(post)
    key_file = tmp_path / "config/apacheta/keys/post.pem"
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert key_of((post / "log/vkey").read_text().strip()) == first.key == open_signer(post).key
    other = tmp_path / "other"
    FileLogStore(other / "log", LazyDisk()).close()
    assert open_signer(other).key.name != first.key.name
    monkeypatch.setenv("APACHETA_KEY", str(tmp_path / "another.pem"))
    with pytest.raises(EnvironmentFault):
        open_signer(post)  # another key is not made for a log that has one
    open_signer(other, key_file=key_file)
    FileLogStore(tmp_path / "third" / "log", LazyDisk()).close()
    open_signer(tmp_path / "third")
    with pytest.raises(InputFault, match="signed by"):
        open_signer(post)


def test_a_key_is_written_whole_where_the_machine_takes_few_bytes_at_a_time(tmp_path, monkeypatch):
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:7]))
    signed = open_signer(tmp_path, key_file=tmp_path / "post.pem")
    signed.remember(1, bytes(32))
    monkeypatch.undo()
    again = open_signer(tmp_path, key_file=tmp_path / "post.pem")
    assert (again.key, again.last_signed()) == (signed.key, (1, bytes(32)))


def test_of_two_that_make_the_key_at_once_both_sign_with_the_one_that_lies_there(tmp_path, monkeypatch):
    """While one process makes the key of this machine's first post, another makes it for the second post."""
    file, others, new_pem = tmp_path / "keys" / "post.pem", [], keys._new_pem

    def slow():
        monkeypatch.setattr(keys, "_new_pem", new_pem)
        others.append(open_signer(tmp_path / "second", key_file=file))
        return new_pem()

    monkeypatch.setattr(keys, "_new_pem", slow)
    mine = open_signer(tmp_path / "first", key_file=file)
    assert mine.key.public == others[0].key.public
    assert open_signer(tmp_path / "first", key_file=file).key == mine.key
    assert open_signer(tmp_path / "second", key_file=file).key == others[0].key
    assert [p.name for p in file.parent.iterdir()] == ["post.pem"]


def test_many_that_begin_at_once_share_one_key(tmp_path):
    file, gate = tmp_path / "config" / "apacheta" / "keys" / "post.pem", threading.Barrier(8)

    def begin(n):
        gate.wait()
        return open_signer(tmp_path / str(n), key_file=file).key.public

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(begin, range(8)))) == 1


def test_a_key_that_finds_no_room_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(descriptor, data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(EnvironmentFault):
        open_signer(tmp_path, key_file=tmp_path / "post.pem")
    assert list(tmp_path.iterdir()) == []


def test_the_names_of_a_new_key_folder_are_on_disk(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(Disk, "sync_folder", lambda _, path: synced.append(path))
    open_signer(tmp_path / "post", key_file=tmp_path / "config/keys/post.pem").remember(1, bytes(32))
    keys = tmp_path / "config/keys"
    assert {tmp_path, tmp_path / "post/log", tmp_path / "config", keys, keys / "post.pem.signed"} <= set(synced)


def test_a_key_fits_its_own_id():
    key = MemorySigner(SEED, ORIGIN).key
    assert key_of(key.vkey) == key
    with pytest.raises(ValueError, match="does not fit"):
        key_of(key.vkey.replace("test", "tost"))


def test_recording_and_signing_do_not_hash_the_log_anew(tmp_path, monkeypatch):
    """With 5,000 entries: one node an entry, and for a checkpoint no more than the tree is high."""
    account, hashed = open_account(tmp_path), []
    once = merkle.node_hash
    monkeypatch.setattr(merkle, "node_hash", lambda left, right: hashed.append(1) or once(left, right))
    rows = [[str(n), -16.5, -69.25, 4300.5, 12.0] for n in range(10)]
    batch = [Entry(kind="positions", utc_ns="1", body={"aircraft": "a1", "n": n, "fixes": rows}) for n in range(100)]
    for _ in range(50):
        account.record_many(batch)
    assert 4_900 <= len(hashed) <= 5_100
    hashed.clear()
    account.checkpoint()
    assert len(hashed) <= 13
    account.close()
