"""Who signs: a key, and the memory of what it signed last, so that it never signs two histories."""

from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ..core.errors import LocalProtocolError
from .note import ED25519, NoteKey


class Signer(Protocol):
    """Signs checkpoints of one log.

    Guarantees: `remember` is durable before it returns and refuses (LocalProtocolError) a tree that is smaller than
    the last one, or as large with another root; `last_signed` gives what was remembered, also after a restart.
    """

    @property
    def key(self) -> NoteKey: ...

    def sign(self, message: bytes) -> bytes: ...

    def last_signed(self) -> tuple[int, bytes] | None:
        """Size and root of the last tree that may have been signed."""
        ...

    def remember(self, size: int, root: bytes) -> None: ...


class MemorySigner:
    """A signer whose memory lasts as long as the object. `seed` is the 32-byte private key."""

    def __init__(self, seed: bytes, origin: str) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self._key = NoteKey(origin, ED25519, self._private.public_key().public_bytes_raw())
        self._last: tuple[int, bytes] | None = None

    @property
    def key(self) -> NoteKey:
        """The public key; its name is the log's origin."""
        return self._key

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature, 64 bytes."""
        return self._private.sign(message)

    def last_signed(self) -> tuple[int, bytes] | None:
        """Size and root of the last tree that was remembered."""
        return self._last

    def remember(self, size: int, root: bytes) -> None:
        """Note that this tree is about to be signed."""
        refuse_second_history(self._last, size, root)
        self._last = (size, root)


def refuse_second_history(last: tuple[int, bytes] | None, size: int, root: bytes) -> None:
    """LocalProtocolError when a tree cannot follow the last signed one."""
    if last is None or size > last[0] or (size, root) == last:
        return
    raise LocalProtocolError(
        "second_history",
        f"asked to sign a tree of {size} entries after one of {last[0]}: that would be a second history",
        remedy="Keep the log as it is and verify it; do not sign.",
    )
