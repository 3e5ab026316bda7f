"""The account: an append-only Merkle log of what was planned, flown, seen, alerted and decided.

`Account` records entries and makes checkpoints; the rest are the parts of C2SP's tiled logs that it is made of.
"""

from .account import Account, entry_bytes
from .checkpoint import Checkpoint, checkpoint_of, unsigned_checkpoint
from .merkle import EMPTY_ROOT, MerkleTree, leaf_hash, node_hash, verify_consistency, verify_inclusion
from .note import NoteKey, is_signed_by, key_of, signature_line
from .signer import MemorySigner, Signer
from .tiles import ENTRY_MAX_BYTES, TILE_WIDTH, bundle_of, entries_of, tile_path, tiles_of_growth

__all__ = [
    "Account",
    "entry_bytes",
    "Checkpoint",
    "checkpoint_of",
    "unsigned_checkpoint",
    "EMPTY_ROOT",
    "MerkleTree",
    "leaf_hash",
    "node_hash",
    "verify_consistency",
    "verify_inclusion",
    "NoteKey",
    "is_signed_by",
    "key_of",
    "signature_line",
    "MemorySigner",
    "Signer",
    "ENTRY_MAX_BYTES",
    "TILE_WIDTH",
    "bundle_of",
    "entries_of",
    "tile_path",
    "tiles_of_growth",
]
