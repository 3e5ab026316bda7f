"""Who signed what: the log's key, the checkpoint and its signatures, a checkpoint that was kept elsewhere."""

from collections.abc import Sequence
from pathlib import Path

from .files import CHECKPOINT, VKEY, tiles_of_row
from .note import (
    ED25519,
    Checkpoint,
    Key,
    Malformed,
    Signature,
    can_check,
    checkpoint_of,
    holds,
    key_of,
)
from .state import LOG, Log, split
from .tree import root_of


def take_keys(log: Log, given: Sequence[str]) -> bool:
    """The log's key, given or its own. False when a given one is not a key."""
    try:
        log.keys = [key_of(vkey) for vkey in given]
    except Malformed as problem:
        log.report.fail(2, "bad_key", str(problem), None, "Give the key as it stands in log/vkey.")
        return False
    log.log_key = next((key for key in log.keys if key.type_byte == ED25519), None)
    own = log.folder.read(VKEY)
    try:
        own_key = key_of(own.decode("utf-8", "replace").removesuffix("\n")) if own is not None else None
        if own_key and own != f"{own_key.vkey}\n".encode():
            raise Malformed("signature", "the file does not end as it was written")
    except Malformed as problem:
        log.report.add_bad(None, f"{LOG}/{VKEY}", problem.what, f"the post's key cannot be read: {problem}")
        own_key = None
    if log.log_key is None:
        log.log_key = own_key
        log.keys += [own_key] if own_key else []
        log.report.warn("own_key", "the key is the post's own: it shows that nothing changed, not who wrote it",
                        f"{LOG}/{VKEY}", "Get the key from who runs the post and give it with --key.")  # fmt: skip
        if own is None:
            log.report.add_bad(None, f"{LOG}/{VKEY}", "missing", "there is no key to verify the signature with")
    elif own_key and own_key != log.log_key:
        log.report.add_bad(
            None, f"{LOG}/{VKEY}", "signature", f"the post's key is not the given one but {own_key.vkey}"
        )
    log.report.key = log.log_key.vkey if log.log_key else None
    return True


def check_checkpoint(log: Log) -> None:
    """Read it and verify its signatures. `trusted` is set when the log's own key signed it."""
    report, file = log.report, f"{LOG}/{CHECKPOINT}"
    note = log.folder.read(CHECKPOINT)
    log.size = log.folder.reach()
    if note is None:
        report.add_bad(None, file, "missing", "there is no checkpoint: nothing is signed")
        return
    try:
        log.checkpoint = checkpoint = checkpoint_of(note)
    except Malformed as problem:
        report.add_bad(None, file, problem.what, f"the checkpoint cannot be read: {problem}")
        return
    report.origin, report.tree_size = checkpoint.origin, checkpoint.size
    _check_signatures(log, checkpoint)
    log.trusted = report.signatures > 0 and not any(bad.file == file for bad in report.bad)
    if log.trusted:
        log.size = min(checkpoint.size, log.folder.most())


def _check_signatures(log: Log, checkpoint: Checkpoint) -> None:
    report, file = log.report, f"{LOG}/{CHECKPOINT}"
    seen: set[tuple[str, bytes]] = set()
    for signature in checkpoint.signatures:
        who = (signature.name, signature.key_id)
        if who in seen:
            report.add_bad(None, file, "duplicated", f"{signature.name} signed twice with one key")
        seen.add(who)
        key = next((key for key in log.keys if (key.name, key.key_id) == who), None)
        if key is None:
            text = f"no key was given for the signature of {signature.name}: it was not checked"
            report.warn("unknown_signature", text, file, "Give the signer's key with --key.")
        elif not can_check(key):
            report.warn("unknown_signature", f"no ML-DSA here to check the signature of {signature.name}", file,
                        "Install a newer `cryptography`.")  # fmt: skip
        elif not holds(checkpoint, signature, key):
            what = _text_or_signature(log, checkpoint) if key.type_byte == ED25519 else "signature"
            report.add_bad(None, file, what, f"the signature of {signature.name} does not stand")
        elif key.type_byte != ED25519:
            report.cosignatures += 1
        elif key.name == checkpoint.origin:
            report.signatures += 1
    if not report.signatures and not any(bad.file == file for bad in report.bad):
        report.add_bad(None, file, "signature", f"no signature of the log's key {report.key}")
    for key in (key for key in log.keys if key != log.log_key and (key.name, key.key_id) not in seen):
        report.warn("no_signature", f"{key.name}, whose key was given, did not sign this checkpoint", file)
    report.unwitnessed_since_utc_ns = str(
        checkpoint.size if report.cosignatures else 0
    )  # an index until entries are read


def _text_or_signature(log: Log, checkpoint: Checkpoint) -> str:
    """Which half of a checkpoint was changed: its text still fits the tiles, or it does not."""
    row = [log.folder.read(tile.path) or b"" for tile in tiles_of_row(0, log.size)]
    fits = checkpoint.size == log.size and root_of(split(b"".join(row))) == checkpoint.root
    known = any(key.name == checkpoint.origin for key in log.keys)
    return "signature" if fits and known else "checkpoint"


def check_outside(log: Log, outside: Path) -> None:
    """A checkpoint kept elsewhere must be of this log and sign a beginning of it."""
    try:
        kept = checkpoint_of(outside.read_bytes())
    except (OSError, Malformed) as problem:
        log.report.fail(3, "bad_checkpoint", f"the checkpoint cannot be read: {problem}", str(outside))
        return
    ours = [(s, key) for s in kept.signatures for key in log.keys if _is_of(s, key)]
    if not all(holds(kept, s, key) for s, key in ours):
        log.report.fail(3, "bad_checkpoint", "a signature of the checkpoint does not stand", str(outside))
    elif log.log_key and (log.log_key not in (key for _, key in ours) or log.log_key.name != kept.origin):
        text = f"this log is not the one of the checkpoint that was kept: {_who(kept)} signed that one"
        log.report.add_bad(None, f"{LOG}/{CHECKPOINT}", "signature", text)
    else:
        _check_beginning(log, kept)


def _check_beginning(log: Log, kept: Checkpoint) -> None:
    if kept.size > log.size:
        text = f"the log once held {kept.size} signed entries and now {log.size}: it was put back"
        log.report.add_bad(log.size, f"{LOG}/{CHECKPOINT}", "truncated", text)
    elif log.leaves is not None and root_of(log.leaves[: kept.size]) != kept.root:
        text = f"the first {kept.size} entries are not those of the checkpoint that was kept"
        log.report.add_bad(None, f"{LOG}/{CHECKPOINT}", "root", text)


def _is_of(signature: Signature, key: Key) -> bool:
    return (signature.name, signature.key_id) == (key.name, key.key_id) and can_check(key)


def _who(checkpoint: Checkpoint) -> str:
    return ", ".join(f"{signature.name}+{signature.key_id.hex()}" for signature in checkpoint.signatures)
