"""Strict decoding of TOML and JSON files: what is unknown, missing, out of range or newer is refused by name.

Every refusal is an InputFault with the file, the field as a path (`bases[0].lat_deg`) and the remedy.
"""

import math
import re
import tomllib
from typing import Any, TypeVar

import msgspec

from ..core.errors import InputFault

T = TypeVar("T")

_WHERE = re.compile(r" - at `\$\.?(?P<path>.*?)`$")
_NUMBER = re.compile("[0-9]{1,9}")
_NAMED = re.compile(r"(?:unknown|missing required) field `(?P<name>[^`]*)`")


def decode_toml(data: bytes, record: type[T], *, kind: str, version: int, file: str) -> tuple[T, dict[str, Any]]:
    """The record that a TOML file holds, and its plain content (for hashing).

    `kind` and `version` are what `format = "kind/version"` must say. Raises InputFault.
    """
    try:
        content = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as wrong:  # no UTF-8, no TOML, a number without end, lists in lists in lists
        text = f"not readable as TOML: {wrong}."
        raise InputFault("not_toml", text, file=file, remedy="Correct the line that is named.") from None
    return record_of(content, record, kind=kind, version=version, file=file), content


def record_of(content: Any, record: type[T], *, kind: str, version: int, file: str) -> T:
    """The record of a plain value (dicts, lists, numbers), checked field by field. Raises InputFault."""
    check_format(content, kind=kind, version=version, file=file)
    _check_finite(content, "", file)
    try:
        return msgspec.convert(content, record)
    except msgspec.ValidationError as wrong:
        raise _fault_of(str(wrong), file) from None


def check_format(content: Any, *, kind: str, version: int, file: str) -> None:
    """Refuse content whose `format` is missing, of another kind, or newer than this version. Raises InputFault."""
    said = content.get("format") if isinstance(content, dict) else None
    wanted = f"{kind}/{version}"
    if said is None:
        text = f"the key format is missing: this does not say that it is {wanted}."
        raise InputFault("format_missing", text, file=file, field="format", remedy=f'Add format = "{wanted}".')
    name, _, number = said.partition("/") if isinstance(said, str) else (None, None, "")
    if name != kind or _NUMBER.fullmatch(number) is None:
        text = f"format is {ascii(said)[:60]} where {wanted!r} is wanted."
        raise InputFault("wrong_format", text, file=file, field="format", remedy="Name the right file.")
    if int(number) > version:
        text = f"format {said} is newer than this program, which reads {wanted}."
        raise InputFault("format_newer", text, file=file, field="format", remedy="Install a newer apacheta.")
    if int(number) < version:
        text = f"format {said} is older than {wanted}, the only one that is read."
        raise InputFault("wrong_format", text, file=file, field="format", remedy=f"Rewrite the file as {wanted}.")


def _check_finite(value: Any, path: str, file: str) -> None:
    """TOML can write nan and inf; no figure of ours may be either."""
    if isinstance(value, float) and not math.isfinite(value):
        text = f"{path} is {value}, which is not a figure."
        raise InputFault("not_finite", text, file=file, field=path, remedy="Write a number.")
    if isinstance(value, dict):
        for key, inner in value.items():
            _check_finite(inner, f"{path}.{key}" if path else str(key), file)
    if isinstance(value, list):
        for index, inner in enumerate(value):
            _check_finite(inner, f"{path}[{index}]", file)


def _fault_of(message: str, file: str) -> InputFault:
    where = _WHERE.search(message)
    path = where.group("path") if where else ""
    text = message[: where.start()] if where else message
    named = _NAMED.search(text)
    if named is None:
        remedy = "Correct the value."
        return InputFault("wrong_value", f"{path}: {text}.", file=file, field=path or None, remedy=remedy)
    field = f"{path}.{named['name']}" if path else named["name"]
    if "unknown" in text:
        remedy = "Remove it, or correct its spelling."
        return InputFault("unknown_key", f"{field} is not a key of this format.", file=file, field=field, remedy=remedy)
    return InputFault("missing_key", f"{field} is missing.", file=file, field=field, remedy="Add it.")
