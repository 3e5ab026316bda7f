"""Signed notes (C2SP signed-note), the checkpoint in them (tlog-checkpoint) and cosignatures (tlog-cosignature).

Stricter than the standard in one thing: base64 must be in its one canonical spelling, so that no byte of a checkpoint
can be changed without being noticed.
"""

import base64
import binascii
import hashlib
import importlib.util
import struct
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ED25519, ED25519_COSIGNATURE, ML_DSA_44_COSIGNATURE = 0x01, 0x04, 0x06
TYPES = (ED25519, ED25519_COSIGNATURE, ML_DSA_44_COSIGNATURE)
_SIZE_DIGITS = len(str(2**64))


class Malformed(ValueError):
    """The bytes are not what the standard says. `what` is the word for the report."""

    def __init__(self, what: str, text: str) -> None:
        super().__init__(text)
        self.what = what


@dataclass(frozen=True)
class Key:
    """A public key: `<name>+<key ID in hex>+<base64 of type byte and key>`."""

    name: str
    key_id: bytes
    type_byte: int
    public: bytes
    vkey: str


@dataclass(frozen=True)
class Signature:
    """One signature line."""

    name: str
    key_id: bytes
    raw: bytes


@dataclass(frozen=True)
class Checkpoint:
    """`text` is what is signed: origin, tree size, root hash, a line each."""

    text: str
    origin: str
    size: int
    root: bytes
    signatures: tuple[Signature, ...]


def key_of(vkey: str) -> Key:
    """Read a key. Malformed when it is not one or its ID does not fit."""
    parts = vkey.split("+", 2)
    if len(parts) != 3 or not _is_name(parts[0]):
        raise Malformed("signature", f"{vkey!r} is not <name>+<ID>+<key>")
    raw = _plain_base64(parts[2], "signature")
    if not raw or raw[0] not in TYPES:
        raise Malformed("signature", f"{vkey!r} is of a type that is not known here")
    key_id = hashlib.sha256(parts[0].encode() + b"\n" + raw).digest()[:4]
    if parts[1] != key_id.hex():
        raise Malformed("signature", f"the ID in {vkey!r} should be {key_id.hex()}")
    return Key(parts[0], key_id, raw[0], raw[1:], vkey)


def checkpoint_of(note: bytes) -> Checkpoint:
    """Read a checkpoint. Malformed with what is wrong; signatures are read, not verified."""
    try:
        whole = note.decode("utf-8")
    except UnicodeDecodeError as problem:
        is_cut = problem.reason == "unexpected end of data"
        raise Malformed("truncated" if is_cut else "checkpoint", f"not UTF-8: {problem}") from problem
    if any(ord(c) < 0x20 and c != "\n" for c in whole):
        raise Malformed("checkpoint", "a control character")
    text, blank, block = whole.partition("\n\n")
    if not blank or not block.endswith("\n"):
        raise Malformed("truncated", "it ends before its last signature line does")
    lines = text.split("\n")
    if len(lines) < 3 or not _is_name(lines[0]):
        raise Malformed("checkpoint", "not an origin, a size and a root hash, a line each")
    if not _is_size(lines[1]):
        raise Malformed("checkpoint", f"the tree size {lines[1][:80]!r} is not a plain decimal number of 64 bits")
    root = _plain_base64(lines[2], "checkpoint")
    if len(root) != 32:
        raise Malformed("checkpoint", "the root hash is not 32 bytes")
    signatures = tuple(_signature_of(line) for line in block[:-1].split("\n"))
    return Checkpoint(text + "\n", lines[0], int(lines[1]), root, signatures)


def holds(checkpoint: Checkpoint, signature: Signature, key: Key) -> bool:
    """Whether a signature of that key stands. Type 0x06 needs a `cryptography` with ML-DSA."""
    try:
        if key.type_byte == ED25519:
            Ed25519PublicKey.from_public_bytes(key.public).verify(signature.raw, checkpoint.text.encode())
        elif key.type_byte == ED25519_COSIGNATURE:
            message = f"cosignature/v1\ntime {_seconds(signature)}\n{checkpoint.text}"
            Ed25519PublicKey.from_public_bytes(key.public).verify(signature.raw[8:], message.encode())
        else:
            _ml_dsa_verify(checkpoint, signature, key)
    except (InvalidSignature, ValueError):
        return False
    return True


def can_check(key: Key) -> bool:
    """Whether the `cryptography` that is installed knows the key's algorithm."""
    if key.type_byte != ML_DSA_44_COSIGNATURE:
        return True
    return importlib.util.find_spec("cryptography.hazmat.primitives.asymmetric.mldsa") is not None


def _ml_dsa_verify(checkpoint: Checkpoint, signature: Signature, key: Key) -> None:
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey  # newer than our oldest version

    name, origin = key.name.encode(), checkpoint.origin.encode()
    message = b"subtree/v1\n\x00" + bytes([len(name)]) + name + struct.pack(">Q", _seconds(signature))
    message += bytes([len(origin)]) + origin + struct.pack(">QQ", 0, checkpoint.size) + checkpoint.root
    MLDSA44PublicKey.from_public_bytes(key.public).verify(signature.raw[8:], message)


def _seconds(signature: Signature) -> int:
    return int.from_bytes(signature.raw[:8], "big")


def _signature_of(line: str) -> Signature:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "\u2014" or not _is_name(parts[1]):
        raise Malformed("signature", f"{line!r} is not a signature line")
    raw = _plain_base64(parts[2], "signature")
    if len(raw) < 5:
        raise Malformed("signature", f"the signature of {parts[1]} is too short")
    return Signature(parts[1], raw[:4], raw[4:])


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(c.isspace() for c in name)


def _is_size(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _SIZE_DIGITS and str(int(text)) == text


def _plain_base64(text: str, what: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as problem:
        raise Malformed(what, f"{text!r} is not base64: {problem}") from problem
    if base64.b64encode(raw).decode() != text:
        raise Malformed(what, f"{text!r} is not the canonical base64 of its bytes")
    return raw
