"""Canonical JSON (RFC 8785): the bytes that are hashed, signed and kept."""

import hashlib
from typing import Any

import msgspec
import rfc8785


def canonical_bytes(value: Any) -> bytes:
    """The RFC 8785 bytes of a JSON value or a record. Integers of 2^53 and more, NaN and infinity are refused."""
    return bytes(rfc8785.dumps(msgspec.to_builtins(value)))


def sha256_hex(data: bytes) -> str:
    """Lower-case hex of the SHA-256."""
    return hashlib.sha256(data).hexdigest()
