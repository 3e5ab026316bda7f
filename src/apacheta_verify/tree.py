"""The Merkle tree of RFC 6962 section 2.1 with SHA-256, from all its leaves."""

import hashlib
from collections.abc import Sequence

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """H(0x00 || entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """H(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root. Pairing row by row and lifting an odd last one gives the split at the largest power of two."""
    row = list(leaves)
    while len(row) > 1:
        odd = row[-1:] if len(row) % 2 else []
        row = [node_hash(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)] + odd
    return row[0] if row else EMPTY_ROOT


def tile_rows(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """The hashes of every tile level: row 0 the leaves, row l+1 the roots of the full groups of 256 of row l."""
    rows = [list(leaves)]
    while len(rows[-1]) >= 256:
        below = rows[-1]
        rows.append([root_of(below[i : i + 256]) for i in range(0, len(below) - 255, 256)])
    return rows
