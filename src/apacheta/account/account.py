"""The account: entries into the log, checkpoints over it, proofs from it."""

from collections.abc import Sequence

import msgspec

from ..core.entries import Entry, EntryKind
from ..core.errors import InputFault, LocalProtocolError
from ..formats.canonical import canonical_bytes
from ..ports import Clock, LogStore
from .checkpoint import Checkpoint, checkpoint_of, unsigned_checkpoint
from .merkle import MerkleTree, leaf_hash
from .note import is_signed_by, signature_line
from .signer import Signer
from .tiles import ENTRY_MAX_BYTES, TILE_WIDTH, bundle_of, tile_path, tiles_of_growth

CHECKPOINT_FILE = "log/checkpoint"


class Account:
    """One log, open for writing.

    Opening reads the whole log and refuses it (InputFault `log_corrupt`, `log_rolled_back`) when it does not fit its
    checkpoint or what the signer signed last. Then `log_open` is recorded in a new or closed log, `log_resume` in one
    whose writer ended without closing it, and a first checkpoint is made. `origin` is the name of the signer's key.
    """

    def __init__(self, store: LogStore, signer: Signer, origin: str, clock: Clock) -> None:
        if signer.key.name != origin:
            raise LocalProtocolError("wrong_origin", f"the key is named {signer.key.name}, the log {origin}")
        self._store, self._signer, self._origin, self._clock = store, signer, origin, clock
        self._tree = MerkleTree()
        for index in range(store.size()):
            self._tree.append(leaf_hash(store.entry(index)))
        self._published = self._checked_checkpoint()
        self._refuse_rollback()
        self._open()

    @property
    def size(self) -> int:
        """Number of entries."""
        return self._tree.size

    def entry(self, index: int) -> bytes:
        """The bytes of one entry. IndexError where there is none."""
        return self._store.entry(index)

    def record(self, entry: Entry) -> int:
        """Keep one entry; when this returns its index, the entry is on disk."""
        return self.record_many([entry])

    def record_many(self, entries: Sequence[Entry]) -> int:
        """Keep entries with one commit; returns the index of the first. All of them are on disk then, or none is."""
        bodies = [entry_bytes(entry) for entry in entries]
        first = self._store.append(bodies)
        if first != self._tree.size:
            raise LocalProtocolError(
                "log_out_of_step",
                f"the store put an entry at {first}, the tree is at {self._tree.size}",
                remedy="Open the log anew.",
            )
        for body in bodies:
            self._tree.append(leaf_hash(body))
        return first

    def checkpoint(self) -> Checkpoint:
        """Sign the present tree and put tiles and checkpoint on disk. Without new entries: the one that is there."""
        size, root = self._tree.size, self._tree.root()
        if self._published is not None and self._published.size == size:
            return self._published
        text = unsigned_checkpoint(self._origin, size, root)
        self._signer.remember(size, root)
        note = text + "\n" + signature_line(self._signer.key, self._signer.sign(text.encode()))
        self._store.publish(self._new_tiles(size), note.encode())
        self._published = checkpoint_of(note.encode())
        return self._published

    def inclusion_proof(self, index: int, size: int | None = None) -> list[bytes]:
        """That entry `index` is in the tree of `size` (default: all)."""
        return self._tree.inclusion_proof(index, size)

    def consistency_proof(self, old_size: int, size: int | None = None) -> list[bytes]:
        """That the first `old_size` entries have not changed since."""
        return self._tree.consistency_proof(old_size, size)

    def close(self) -> Checkpoint:
        """Record `log_close`, make the last checkpoint, let the store go."""
        self._record_own("log_close")
        last = self.checkpoint()
        self._store.close()
        return last

    def _new_tiles(self, size: int) -> list[tuple[str, bytes]]:
        tiles: list[tuple[str, bytes]] = []
        for level, number, width in tiles_of_growth(self._published.size if self._published else 0, size):
            first = number * TILE_WIDTH
            if level == 0:
                bundle = bundle_of(self._store.entry(index) for index in range(first, first + width))
                tiles.append((tile_path("entries", number, width), bundle))
            tiles.append((tile_path(level, number, width), self._tree.hashes(level, first, width)))
        return tiles

    def _checked_checkpoint(self) -> Checkpoint | None:
        note = self._store.checkpoint()
        if note is None:
            return None
        try:
            last = checkpoint_of(note)
        except ValueError as problem:
            raise _corrupt(f"the checkpoint cannot be read: {problem}") from problem
        if last.origin != self._origin or not is_signed_by(last.text, self._signer.key):
            raise _corrupt(f"the checkpoint is not signed by {self._signer.key.vkey}")
        if last.size > self._tree.size:
            raise _corrupt(f"the checkpoint signs {last.size} entries, the log holds {self._tree.size}")
        if self._tree.root(last.size) != last.root:
            raise _corrupt(f"the first {last.size} entries do not give the root that the checkpoint signs")
        return last

    def _refuse_rollback(self) -> None:
        signed = self._signer.last_signed()
        if signed is None or (signed[0] <= self._tree.size and self._tree.root(signed[0]) == signed[1]):
            return
        raise InputFault(
            "log_rolled_back",
            f"this key has signed a log of {signed[0]} entries that this one, of {self._tree.size}, does not continue",
            file=CHECKPOINT_FILE,
            remedy="Bring back the newest copy of the log, or begin a new post.",
        )

    def _open(self) -> None:
        size = self._tree.size
        closed = size == 0 or _is_close(self._store.entry(size - 1))
        self._record_own("log_open" if closed else "log_resume")
        self.checkpoint()

    def _record_own(self, kind: EntryKind) -> None:
        signed = self._published.size if self._published else 0
        body = {"origin": self._origin, "entries": self._tree.size, "entries_signed": signed}
        self.record(Entry(kind=kind, utc_ns=str(self._clock.utc_ns()), body=body))


def entry_bytes(entry: Entry) -> bytes:
    """The RFC 8785 bytes of an entry: `{"body":...,"kind":...,"utc_ns":...}`. At most 65,535 bytes."""
    try:
        body = canonical_bytes(entry)
    except ValueError as problem:
        raise LocalProtocolError(
            "entry_not_canonical", f"a {entry.kind} entry has no RFC 8785 form: {problem}"
        ) from problem
    if len(body) > ENTRY_MAX_BYTES:
        raise LocalProtocolError(
            "entry_too_large",
            f"a {entry.kind} entry of {len(body)} bytes; a bundle takes {ENTRY_MAX_BYTES}",
            remedy="Split it, or keep the bytes in a file and record its hash.",
        )
    return body


def _is_close(entry: bytes) -> bool:
    try:
        return msgspec.json.decode(entry, type=Entry).kind == "log_close"
    except msgspec.MsgspecError:
        return False


def _corrupt(text: str) -> InputFault:
    return InputFault(
        "log_corrupt", text, file=CHECKPOINT_FILE, remedy="Run `apacheta verify` on the post: it names what changed."
    )
