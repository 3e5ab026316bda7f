"""The promises of LogStore, asked of the file store and of the memory store, with every write failing once."""

from contextlib import closing, suppress
from itertools import count

import pytest
from account_log import ORIGIN, TickingClock, entry, signer
from contract.memory_log import HALF, LOST, PERSISTED, Faults, FaultyDisk, Memory, MemoryLogStore

from apacheta.account import Account, MerkleTree, checkpoint_of, leaf_hash
from apacheta.adapters.filelog import FileLogStore
from apacheta.core.errors import EnvironmentFault
from apacheta_verify import verify


class FileWorld:
    """A post on disk."""

    name = "files"

    def __init__(self, folder):
        self.post = folder / "post"

    def open(self, faults=None):
        return FileLogStore(self.post / "log", FaultyDisk(faults or Faults()))

    def verified(self):
        (self.post / "log" / "vkey").write_text(f"{signer().key.vkey}\n")
        return verify(self.post).exit_code == 0


class MemoryWorld:
    """A memory that outlives its stores."""

    name = "memory"

    def __init__(self, _folder):
        self.memory = Memory()

    def open(self, faults=None):
        return MemoryLogStore(self.memory, faults)

    def verified(self):
        tree = MerkleTree()
        for body in self.memory.entries:
            tree.append(leaf_hash(body))
        last = checkpoint_of(self.memory.checkpoint)
        return tree.root(last.size) == last.root


@pytest.fixture(params=[FileWorld, MemoryWorld], ids=lambda world: world.name)
def world(request, tmp_path):
    return request.param(tmp_path)


@pytest.fixture(params=[FileWorld, MemoryWorld], ids=lambda world: world.name)
def worlds(request, tmp_path):
    numbers = count()
    return lambda: request.param(tmp_path / str(next(numbers)))


def test_entries_come_back_in_order_also_after_reopening(world):
    store = world.open()
    assert (store.size(), store.checkpoint()) == (0, None)
    assert store.append([b"a", b"b"]) == 0
    assert store.append([]) == 2
    assert store.append([b"", b"c" * 65_535]) == 2
    for _ in range(2):
        assert [store.entry(i) for i in range(store.size())] == [b"a", b"b", b"", b"c" * 65_535]
        store.close()
        store = world.open()
    with pytest.raises(IndexError):
        store.entry(4)
    store.close()


def test_a_held_store_is_refused_and_a_closed_one_opens(world):
    store = world.open()
    with pytest.raises(EnvironmentFault) as caught:
        world.open()
    assert caught.value.line.code == "post_is_held"
    store.close()
    world.open().close()


def test_a_closed_store_takes_nothing(world):
    store = world.open()
    store.close()
    with pytest.raises(EnvironmentFault):
        store.append([b"a"])


def test_an_account_over_many_openings_is_one_log(world):
    total = 0
    for batch in (1, 255, 256, 3, 600):
        store = world.open()
        account = Account(store, signer(), ORIGIN, TickingClock())
        first = account.record_many([entry(n) for n in range(batch)])
        assert first == total + 1
        assert account.checkpoint().size == account.size
        account.close()
        total += batch + 2
        assert world.verified()
    store = world.open()
    assert store.size() == total
    store.close()


def _night(world, faults, who):
    """A night with commits and checkpoints; goes on after a fault as far as the store lets it.

    Returns all bodies that were tried, and how many entries were acknowledged.
    """
    acknowledged = 0
    store = None
    try:
        store = world.open(faults)
        account = Account(store, who, ORIGIN, TickingClock())
        acknowledged = account.size
        for step in range(2):
            for work in (
                lambda s=step: account.record_many([entry(s * 100 + n) for n in range(3)]),
                account.checkpoint,
            ):
                with suppress(EnvironmentFault):
                    work()
                acknowledged = account.size
        account.close()
        acknowledged = account.size
    except EnvironmentFault:
        pass
    finally:
        if store is not None:
            _close(store)
    return acknowledged


def _close(store):
    with suppress(EnvironmentFault):
        store.close()


@pytest.mark.parametrize(
    ("flavour", "for_good"), [(LOST, False), (PERSISTED, False), (HALF, False), (LOST, True), (HALF, True)]
)
def test_whatever_write_fails_acknowledged_entries_stay_and_the_log_verifies(worlds, flavour, for_good):
    writes = 0
    for at in count():
        world, who = worlds(), signer()
        faults = Faults(at, flavour, for_good)
        acknowledged = _night(world, faults, who)
        if not faults.happened:
            break
        writes += 1
        store = world.open()
        survived = [store.entry(i) for i in range(store.size())]
        assert len(survived) >= acknowledged
        assert len(survived) - acknowledged <= 3, "at most the one commit that was not acknowledged"
        account = Account(store, who, ORIGIN, TickingClock())
        assert [store.entry(i) for i in range(len(survived))] == survived
        account.record(entry(999))
        account.close()
        assert world.verified(), f"write {at}"
    assert writes > 10


@pytest.mark.parametrize("flavour", [LOST, PERSISTED, HALF])
def test_a_night_that_is_interrupted_at_any_write_still_closes_its_log(tmp_path, flavour):
    for at in count():
        world, who = FileWorld(tmp_path / f"{flavour}-{at}"), signer()
        store = world.open()
        account = Account(store, who, ORIGIN, TickingClock())
        account.record(entry(0))
        faults = Faults(at, flavour, error=KeyboardInterrupt)
        store._disk = FaultyDisk(faults)
        for work in (account.record, account.record, lambda _, account=account: account.checkpoint()):
            with suppress(KeyboardInterrupt):
                work(entry(account.size))
        if not faults.happened:
            break
        said = account.size
        account.close()
        assert world.verified()
        with closing(world.open()) as again:
            assert again.size() == said + 1
    assert at > 10


@pytest.mark.parametrize("at", range(3))
def test_a_fault_is_named_and_then_nothing_more_is_taken(world, at):
    faults = Faults(for_good=True)
    store = world.open(faults)
    faults.at = faults.count + at
    with pytest.raises(EnvironmentFault) as caught:
        _until_refused(store)
    assert caught.value.line.code == "log_io"
    with pytest.raises(EnvironmentFault):
        store.append([b"a"])
    _close(store)


def _until_refused(store):
    for _ in range(3):
        store.append([b"a"])
        store.publish([("tile/0/000.p/1", b"x" * 32)], b"o\n1\n\n")
