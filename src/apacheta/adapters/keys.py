"""The key that signs a post's log. The private half lies outside the post; the public half in `log/vkey`.

Private key: PKCS 8 PEM, mode 0600, by default `apacheta/keys/post.pem` below the user's configuration folder;
APACHETA_KEY names another file. One key may sign many logs: each has an origin of its own, and beside the key, in
`<key file>.signed/`, the last size and root signed for each, so that a log that was put back is not signed again.
"""

import hashlib
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ..account import MemorySigner, NoteKey, key_of
from ..account.signer import refuse_second_history
from ..core.errors import EnvironmentFault, InputFault
from .filelog import Disk, make_folder_durably

VKEY_FILE = "log/vkey"


class KeyFileSigner(MemorySigner):
    """A signer whose key and memory are files."""

    def __init__(self, private: Ed25519PrivateKey, origin: str, memory_file: Path) -> None:
        super().__init__(private.private_bytes_raw(), origin)
        self._memory_file = memory_file

    def last_signed(self) -> tuple[int, bytes] | None:
        """Size and root of the last tree that was signed, also by an earlier process."""
        if not self._memory_file.exists():
            return None
        try:
            _, size, root = self._memory_file.read_text(encoding="utf-8").split("\n")[:3]
            return int(size), bytes.fromhex(root)
        except ValueError as problem:
            text = "the record of what was signed last cannot be read"
            raise EnvironmentFault("key_unusable", text, file=str(self._memory_file)) from problem

    def remember(self, size: int, root: bytes) -> None:
        """Note durably that this tree is about to be signed."""
        refuse_second_history(self.last_signed(), size, root)
        _write_durably(self._memory_file, f"{self.key.name}\n{size}\n{root.hex()}\n".encode(), 0o600)


def default_key_file() -> Path:
    """APACHETA_KEY, or the post key in the user's configuration folder."""
    named = os.environ.get("APACHETA_KEY")
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return Path(named) if named else config / "apacheta" / "keys" / "post.pem"


def open_signer(post: Path | str, *, key_file: Path | None = None) -> KeyFileSigner:
    """The signer of a post's log; hold the post (open its store) first.

    A post without a log gets `log/vkey`, with a new name of its own. InputFault `log_corrupt` when a log is there
    without it, `key_mismatch` when the post was signed with another key.
    """
    vkey_file = Path(post) / VKEY_FILE
    file = key_file or default_key_file()
    try:
        known = _known_key(vkey_file)
        private = _private_key(file, may_create=known is None)
        name = known.name if known else _new_origin(Path(post))
        memory = file.with_name(file.name + ".signed") / hashlib.sha256(name.encode()).hexdigest()[:32]
        signer = KeyFileSigner(private, name, memory)
        if known is None:
            _write_durably(vkey_file, f"{signer.key.vkey}\n".encode(), 0o644)
    except OSError as problem:
        text = f"the key cannot be used: {problem.strerror or problem}"
        raise EnvironmentFault("key_unusable", text, file=problem.filename, remedy="Set APACHETA_KEY.") from problem
    if known and known != signer.key:
        text = f"the log is signed by {known.vkey}; this key is {signer.key.vkey}"
        raise InputFault("key_mismatch", text, file=VKEY_FILE, remedy="Set APACHETA_KEY to the post's key file.")
    return signer


def _known_key(vkey_file: Path) -> NoteKey | None:
    """The key that the log says it is signed with; None where no log has begun."""
    if not vkey_file.exists():
        if _has_begun(vkey_file.parent):
            text = "the post's public key is missing"
            raise InputFault("log_corrupt", text, file=VKEY_FILE, remedy="Bring it back from a copy.")
        return None
    try:
        return key_of(vkey_file.read_text(encoding="utf-8").removesuffix("\n"))
    except ValueError as problem:
        text = f"the post's public key cannot be read: {problem}"
        raise InputFault("log_corrupt", text, file=VKEY_FILE, remedy="Bring it back from a copy.") from problem


def _has_begun(log: Path) -> bool:
    """Whether a log was written there; its key is on disk before its first entry."""
    journal = log / "pending"
    return any((log / name).exists() for name in ("checkpoint", "tile")) or (
        journal.exists() and journal.stat().st_size > 0
    )


def _private_key(file: Path, *, may_create: bool) -> Ed25519PrivateKey:
    if may_create and not file.exists():
        _create_durably(file, _new_pem(), 0o600)
    try:
        key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    except (ValueError, TypeError) as problem:
        raise EnvironmentFault("key_unusable", "not a PEM private key", file=str(file)) from problem
    if not isinstance(key, Ed25519PrivateKey):
        raise EnvironmentFault("key_unusable", "not an Ed25519 key", file=str(file))
    return key


def _new_pem() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _new_origin(post: Path) -> str:
    """A name of its own for each log; `.invalid` (RFC 2606) since a post has no address."""
    slug = re.sub(r"[^a-z0-9]+", "-", post.resolve().name.lower()).strip("-") or "post"
    return f"apacheta.invalid/{slug}-{secrets.token_hex(4)}"


class _SharedDisk(Disk):
    """A disk on which another process may be making the same folder."""

    def make_folder(self, path: Path) -> None:
        path.mkdir(exist_ok=True)


def _write_durably(file: Path, data: bytes, mode: int) -> None:
    """Write beside, sync, rename, sync the folder. For files of which one process at a time is the writer."""
    disk, work = _SharedDisk(), file.with_name(file.name + ".new")
    _fill_durably(disk, work, data, mode)
    disk.rename(work, file)
    disk.sync_folder(file.parent)


def _create_durably(file: Path, data: bytes, mode: int) -> None:
    """Write a file that is not there yet. Another process may be doing so: whichever comes first, its file stands."""
    disk, work = _SharedDisk(), file.with_name(f"{file.name}.{secrets.token_hex(4)}.new")
    _fill_durably(disk, work, data, mode)
    try:
        with suppress(FileExistsError):
            os.link(work, file)
    finally:
        disk.unlink(work)
    disk.sync_folder(file.parent)


def _fill_durably(disk: Disk, work: Path, data: bytes, mode: int) -> None:
    """The bytes into a work file, on disk; its folder is made. OSError: there is no work file."""
    if not work.parent.is_dir():
        make_folder_durably(disk, work.parent)
    descriptor = os.open(work, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        disk.write(descriptor, data)
        disk.sync(descriptor)
    except OSError:
        work.unlink()
        raise
    finally:
        os.close(descriptor)
