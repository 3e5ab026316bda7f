"""Signed notes and keys of C2SP signed-note: text, an empty line, signature lines.

A key's text form (vkey) is `<name>+<key ID, 8 hex digits>+<base64 of type byte and public key>`; its ID is the first
four bytes of SHA-256(name, 0x0A, type byte, public key). Type 0x01 is Ed25519 over the note's text.
"""

import base64
import hashlib
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ED25519 = 0x01
_DASH = "\u2014"


class NoteKey(NamedTuple):
    """A public key with its name."""

    name: str
    type_byte: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """Four bytes that a signature line names the key by."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.type_byte]) + self.public).digest()[:4]

    @property
    def vkey(self) -> str:
        """The text form."""
        return f"{self.name}+{self.key_id.hex()}+{_base64(bytes([self.type_byte]) + self.public)}"


def key_of(vkey: str) -> NoteKey:
    """The key of a text form. ValueError when it is not one, or its ID does not fit."""
    name, key_id, encoded = vkey.split("+", 2)
    raw = base64.b64decode(encoded, validate=True)
    key = NoteKey(name, raw[0] if raw else 0, raw[1:])
    if not is_key_name(name) or key.vkey != vkey:
        raise ValueError(f"the key {vkey!r} does not fit its own ID {key_id}")
    return key


def is_key_name(name: str) -> bool:
    """Names are not empty and hold no spaces, no control characters and no plus."""
    return bool(name) and name.isprintable() and not any(c.isspace() or c == "+" for c in name)


def signature_line(key: NoteKey, signature: bytes) -> str:
    """One signature line, newline included."""
    return f"{_DASH} {key.name} {_base64(key.key_id + signature)}\n"


def is_signed_by(note: str, key: NoteKey) -> bool:
    """Whether an Ed25519 signature of `key` stands under the note, and each that names it holds."""
    text, separator, lines = note.rpartition("\n\n")
    if not separator:
        return False
    text += "\n"
    found = [line for line in lines.splitlines() if line.startswith(f"{_DASH} {key.name} ")]
    held = [_holds(text, line.rpartition(" ")[2], key) for line in found]
    return True in held and False not in held


def _holds(text: str, encoded: str, key: NoteKey) -> bool | None:
    """True or False for a signature of this key; None for another key of the same name."""
    try:
        raw = base64.b64decode(encoded, validate=True)
    except ValueError:
        return False
    if raw[:4] != key.key_id:
        return None
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(raw[4:], text.encode())
    except InvalidSignature:
        return False
    return True


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
