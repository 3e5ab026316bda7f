"""A log that is refused is let go as it was: whatever was done to it, opening changes no byte and makes no file."""

import pytest

from apacheta.app.logbook import entries_of, open_account
from apacheta.app.post import Post
from apacheta.core.entries import Entry
from apacheta.core.errors import EnvironmentFault, InputFault
from apacheta_verify import verify


@pytest.fixture
def post(tmp_path, monkeypatch):
    """A closed log of ten entries in a post whose key lies beside it."""
    monkeypatch.setenv("APACHETA_KEY", str(tmp_path / "keys/post.pem"))
    made = Post(tmp_path / "post")
    account, _ = open_account(made)
    _record(account, 3)
    account.checkpoint()
    _record(account, 5)
    account.close()
    return made


def _record(account, count):
    account.record_many([Entry(kind="looks", utc_ns=str(n), body={"n": n}) for n in range(count)])


def _files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _replace(name, old, new):
    def change(log):
        path = log / name
        data = path.read_bytes()
        assert old in data
        path.write_bytes(data.replace(old, new, 1))

    return change


def _unlink(name):
    return lambda log: (log / name).unlink()


def _unsigned_then(change):
    """Entries that no checkpoint signs, a torn commit after them, and what a crash leaves; then the change."""

    def prepare(log):
        account, _ = open_account(Post(log.parent))
        _record(account, 2)
        account._store.close()
        journal = log / "pending"
        journal.write_bytes(journal.read_bytes() + journal.read_bytes()[:70])
        (log / "tmp").write_bytes(b"half a til")
        change(log)

    return prepare


DAMAGES = {
    "a digit of the size": _replace("checkpoint", b"\n10\n", b"\n90\n"),
    "a smaller size": _replace("checkpoint", b"\n10\n", b"\n3\n"),
    "a size of another bundle": _replace("checkpoint", b"\n10\n", b"\n256\n"),
    "the root": lambda log: _flip(log / "checkpoint", -110),
    "the signature": lambda log: _flip(log / "checkpoint", -20),
    "no checkpoint": _unlink("checkpoint"),
    "no key": _unlink("vkey"),
    "another key": lambda log: (log / "vkey").write_text("nonsense\n"),
    "no entries": _unlink("tile/entries/000.p/10"),
    "no tile": _unlink("tile/0/000.p/10"),
    "an entry": _replace("tile/entries/000.p/10", b'"n":2', b'"n":7'),
    "unsigned entries, a digit of the size": _unsigned_then(_replace("checkpoint", b"\n11\n", b"\n99\n")),
    "unsigned entries, one changed": _unsigned_then(_replace("pending", b'"n":1', b'"n":7')),
    "unsigned entries, no key": _unsigned_then(_unlink("vkey")),
}


def _flip(path, at):
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_log_that_is_refused_is_left_byte_for_byte(post, tmp_path, damage):
    DAMAGES[damage](post.log)
    before = _files(post.log), _files(tmp_path / "keys")
    with pytest.raises(InputFault):
        open_account(post)
    assert (_files(post.log), _files(tmp_path / "keys")) == before


def test_a_missing_key_is_named_missing_also_after_an_attempt_to_open(post):
    (post.log / "vkey").unlink()
    with pytest.raises(InputFault, match="missing"):
        open_account(post)
    first = verify(post.folder).bad[0]
    assert (first.file, first.what) == ("log/vkey", "missing")


def test_counting_the_entries_of_a_log_writes_nothing(post):
    before = _files(post.folder)
    assert entries_of(post) == 10
    assert _files(post.folder) == before


def test_the_entries_of_a_log_that_somebody_writes_are_not_to_be_had(post):
    account, _ = open_account(post)
    try:
        with pytest.raises(EnvironmentFault, match="is writing"):
            entries_of(post)
    finally:
        account.close()
