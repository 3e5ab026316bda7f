"""Checkpoints of C2SP tlog-checkpoint: a signed note that says how many entries there are and what their root is."""

import base64

import msgspec

from ..formats.canonical import sha256_hex
from .merkle import HASH_BYTES


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """`text` is the whole signed note as it lies on disk, `root` the 32-byte hash, `sha256` the hex hash of `text`."""

    text: str
    origin: str
    size: int
    root: bytes
    sha256: str


def unsigned_checkpoint(origin: str, size: int, root: bytes) -> str:
    """The three lines that are signed."""
    return f"{origin}\n{size}\n{base64.b64encode(root).decode('ascii')}\n"


def checkpoint_of(note: bytes) -> Checkpoint:
    """Read a checkpoint; the signature is not looked at. ValueError when it is malformed."""
    text = note.decode("utf-8")
    head, separator, _ = text.partition("\n\n")
    lines = head.split("\n")
    if not separator or len(lines) < 3:
        raise ValueError("not three lines, an empty line and signatures")
    origin, size, root = lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True)
    if str(size) != lines[1] or size < 0 or len(root) != HASH_BYTES:
        raise ValueError("the size is not a plain decimal number or the root is not 32 bytes")
    return Checkpoint(text=text, origin=origin, size=size, root=root, sha256=sha256_hex(note))
