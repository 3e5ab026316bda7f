"""Small logs for tests: a clock that ticks, plain entries, an open account, a verified folder."""

from pathlib import Path

from apacheta.account import Account, MemorySigner
from apacheta.adapters.filelog import Disk, FileLogStore
from apacheta.core.entries import Entry

ORIGIN = "apacheta.invalid/test"
SEED = bytes(range(32))


class TickingClock:
    """One second a look, from a fixed night."""

    def __init__(self) -> None:
        self._utc_ns = 1_780_000_000_000_000_000

    def utc_ns(self) -> int:
        self._utc_ns += 1_000_000_000
        return self._utc_ns

    def monotonic_ns(self) -> int:
        return self._utc_ns


class LazyDisk(Disk):
    """Does not wait for the disk: for tests of content, not of durability."""

    def sync(self, descriptor: int) -> None:
        pass

    def sync_folder(self, path: Path) -> None:
        pass


def entry(number: int) -> Entry:
    """A short entry that says its number."""
    return Entry(kind="looks", utc_ns=str(1_780_000_000_000_000_000 + number), body={"n": number})


def signer() -> MemorySigner:
    """The test log's signer."""
    return MemorySigner(SEED, ORIGIN)


def open_account(post: Path, disk: Disk | None = None, by: MemorySigner | None = None) -> Account:
    """The account of a post, its public key written beside it."""
    who = by or signer()
    store = FileLogStore(post / "log", disk or LazyDisk())
    vkey_file = post / "log" / "vkey"
    if not vkey_file.exists():
        vkey_file.write_text(f"{who.key.vkey}\n")
    return Account(store, who, ORIGIN, TickingClock())


def closed_log(post: Path, entries: int) -> Path:
    """A closed log of `entries` entries in all, with a checkpoint on the way. Returns the post."""
    account = open_account(post)
    account.record_many([entry(n) for n in range(entries // 2)])
    account.checkpoint()
    account.record_many([entry(n) for n in range(entries // 2, entries - 2)])
    account.close()
    return post
