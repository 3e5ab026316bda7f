"""The Merkle tree of RFC 6962 over SHA-256: grows by appending, proves inclusion and consistency.

Hashes are 32 bytes. Leaf: H(0x00 || entry); node: H(0x01 || left || right); split at the largest power of two below
the size (RFC 6962 section 2.1). The verifying half follows RFC 9162 sections 2.1.3.2 and 2.1.4.2.
"""

import hashlib
from collections.abc import Sequence

HASH_BYTES = 32
TILE_HEIGHT = 8
"""Levels of the tree in one tile (C2SP tlog-tiles): a tile is 2^8 hashes wide."""

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """The leaf of an entry's bytes."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The parent of two hashes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class MerkleTree:
    """An append-only tree that keeps the hashes of C2SP's tile levels, so that any proof costs O(log n) reads.

    `_levels[l]` holds, 32 bytes each, the roots of the complete subtrees of 256^l leaves; `_peaks` the (height, hash)
    of the complete subtrees that make up the present tree, largest first. Appending costs one hash amortised.
    """

    def __init__(self) -> None:
        self._levels: list[bytearray] = [bytearray()]
        self._peaks: list[tuple[int, bytes]] = []

    @property
    def size(self) -> int:
        """Number of leaves."""
        return len(self._levels[0]) // HASH_BYTES

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        height, top = 0, leaf
        self._levels[0] += leaf
        while self._peaks and self._peaks[-1][0] == height:
            top = node_hash(self._peaks.pop()[1], top)
            height += 1
            if height % TILE_HEIGHT == 0:
                self._keep(height // TILE_HEIGHT, top)
        self._peaks.append((height, top))

    def _keep(self, level: int, top: bytes) -> None:
        if level == len(self._levels):
            self._levels.append(bytearray())
        self._levels[level] += top

    def root(self, size: int | None = None) -> bytes:
        """The root of the first `size` leaves (default: all)."""
        if size is None or size == self.size:
            return _folded([top for _, top in self._peaks])
        self._must_hold(size)
        return self._root_of(0, size)

    def hashes(self, level: int, first: int, count: int) -> bytes:
        """`count` hashes of a tile level from number `first` on, concatenated."""
        return bytes(self._levels[level][first * HASH_BYTES : (first + count) * HASH_BYTES])

    def inclusion_proof(self, index: int, size: int | None = None) -> list[bytes]:
        """Hashes from the leaf's sibling upward that lead from leaf `index` to the root of `size` leaves."""
        low, high = 0, self.size if size is None else size
        self._must_hold(high)
        if not 0 <= index < high:
            raise ValueError(f"no leaf {index} in a tree of {high}")
        path: list[bytes] = []
        while high - low > 1:
            middle = low + _split(high - low)
            if index < middle:
                path.append(self._root_of(middle, high))
                high = middle
            else:
                path.append(self._root_of(low, middle))
                low = middle
        return path[::-1]

    def consistency_proof(self, old_size: int, size: int | None = None) -> list[bytes]:
        """Hashes that show that the tree of `old_size` (at least 1) is a prefix of the tree of `size`."""
        low, high = 0, self.size if size is None else size
        self._must_hold(high)
        if not 1 <= old_size <= high:
            raise ValueError(f"no consistency proof from {old_size} to {high}: the old size must be 1..{high}")
        path: list[bytes] = []
        old_is_whole_subtree = True
        while old_size != high:
            middle = low + _split(high - low)
            if old_size <= middle:
                path.append(self._root_of(middle, high))
                high = middle
            else:
                path.append(self._root_of(low, middle))
                low, old_is_whole_subtree = middle, False
        if not old_is_whole_subtree:
            path.append(self._root_of(low, high))
        return path[::-1]

    def _must_hold(self, size: int) -> None:
        if not 0 <= size <= self.size:
            raise ValueError(f"the tree holds {self.size} leaves, not {size}")

    def _root_of(self, low: int, high: int) -> bytes:
        """Root over leaves [low, high), `low` a multiple of the least power of two >= high - low."""
        peaks: list[bytes] = []
        while low < high:
            height = (high - low).bit_length() - 1
            peaks.append(self._complete(low, height))
            low += 1 << height
        return _folded(peaks)

    def _complete(self, low: int, height: int) -> bytes:
        """Root of the complete subtree of 2^height leaves at `low`, from the nearest tile level below."""
        level = height // TILE_HEIGHT
        row = self.hashes(level, low >> (level * TILE_HEIGHT), 1 << (height % TILE_HEIGHT))
        tops = [row[i : i + HASH_BYTES] for i in range(0, len(row), HASH_BYTES)]
        while len(tops) > 1:
            tops = [node_hash(tops[i], tops[i + 1]) for i in range(0, len(tops), 2)]
        return tops[0]


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `leaf` is number `index` of the tree of `size` leaves with that root (RFC 9162 section 2.1.3.2)."""
    if not 0 <= index < size or len(leaf) != HASH_BYTES:
        return False
    number, last, top = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if number & 1 or number == last:
            top = node_hash(step, top)
            number, last = _next_right_branch(number, last)
        else:
            top = node_hash(top, step)
        number, last = number >> 1, last >> 1
    return last == 0 and top == root


def verify_consistency(old_size: int, size: int, proof: Sequence[bytes], old_root: bytes, root: bytes) -> bool:
    """Whether the tree (old_size, old_root) is a prefix of (size, root) (RFC 9162 section 2.1.4.2).

    From size 0 nothing can be shown, so such a proof is refused, as the transparency-dev vectors want.
    """
    if not 0 < old_size <= size:
        return False
    if old_size == size:
        return not proof and old_root == root
    steps = list(proof) if old_size & (old_size - 1) else [old_root, *proof]
    if not proof:
        return False
    number, last = old_size - 1, size - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    old_top = top = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if number & 1 or number == last:
            old_top, top = node_hash(step, old_top), node_hash(step, top)
            number, last = _next_right_branch(number, last)
        else:
            top = node_hash(top, step)
        number, last = number >> 1, last >> 1
    return last == 0 and old_top == old_root and top == root


def _next_right_branch(number: int, last: int) -> tuple[int, int]:
    """Climb while the node is a left child without a right one: such levels have no step in the proof."""
    while number and not number & 1:
        number, last = number >> 1, last >> 1
    return number, last


def _split(count: int) -> int:
    """The largest power of two below `count` (at least 2)."""
    return 1 << ((count - 1).bit_length() - 1)


def _folded(peaks: Sequence[bytes]) -> bytes:
    """The root over complete subtrees, largest first."""
    if not peaks:
        return EMPTY_ROOT
    top = peaks[-1]
    for peak in reversed(peaks[:-1]):
        top = node_hash(peak, top)
    return top
