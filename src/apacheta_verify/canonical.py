"""Whether bytes are canonical JSON (RFC 8785): read them, write them canonically, compare."""

import json
from decimal import Decimal
from typing import Any, NoReturn

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
_ESCAPES |= {chr(c): f"\\u{c:04x}" for c in range(0x20) if chr(c) not in _ESCAPES}
_TABLE = str.maketrans(_ESCAPES)


def canonical_value(data: bytes) -> Any:
    """The value of canonical JSON. ValueError that says why when the bytes are not canonical."""
    try:
        value = json.loads(data.decode("utf-8"), parse_int=float, parse_constant=_refuse, object_pairs_hook=_once)
        again = canonical_text(value).encode("utf-8")
    except RecursionError as problem:
        raise ValueError("nested too deeply") from problem
    if again != data:
        at = next((i for i, (a, b) in enumerate(zip(again, data, strict=False)) if a != b), min(len(again), len(data)))
        raise ValueError(f"not the canonical spelling from byte {at} on")
    return value


def canonical_text(value: Any) -> str:
    """RFC 8785 text of a JSON value whose numbers are floats (section 3.2)."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(f"{_string(key)}:{canonical_text(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical_text, value)) + "]"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, float):
        return number_text(value)
    return {None: "null", True: "true", False: "false"}[value]


def number_text(number: float) -> str:
    """A double as ECMAScript writes it (ECMA-262 Number::toString): shortest digits that give the double back."""
    if number == 0:
        return "0"
    if number - number != 0:
        raise ValueError("a number too large for a double")
    _, digit_tuple, exponent = Decimal(repr(abs(number))).as_tuple()
    digits = "".join(map(str, digit_tuple))
    point = len(digits) + int(exponent)  # the value is 0.digits times 10^point
    digits = digits.strip("0") if point <= 0 else digits.rstrip("0")
    sign = "-" if number < 0 else ""
    if len(digits) <= point <= 21:
        return sign + digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{'+' if point > 1 else '-'}{abs(point - 1)}"


def _string(text: str) -> str:
    return f'"{text.translate(_TABLE)}"'


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return value


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")
