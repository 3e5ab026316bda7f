"""One item's bytes to its value and back, by the table's row."""

from apacheta.core.errors import LocalProtocolError

from . import imapb
from .items import Item, Value

IMAPB_BYTES = 4
"""Written for variable IMAPB items: heights then come in steps of 2^-15 m."""


def _mapped(item: Item) -> tuple[int, float]:
    """(highest code, value per code step); signed ranges leave out the lowest code."""
    top = (1 << 8 * item.size - (item.coding == "signed")) - 1
    return top, (item.high if item.coding == "signed" else item.high - item.low) / top


def resolution(item: Item, size: int = IMAPB_BYTES) -> float:
    """The step between neighbouring codes of a mapped item, in its unit."""
    if item.coding == "imapb":
        return imapb.resolution(item.low, item.high, item.size or size)
    return _mapped(item)[1]


def value_of(item: Item, code: bytes) -> Value:
    """The value, None where the code says that it is not known. Raises ValueError where the length is wrong."""
    if item.size and len(code) != item.size:
        raise ValueError(f"{len(code)} bytes where the standard says {item.size}")
    match item.coding:
        case "unsigned":
            return item.low + int.from_bytes(code, "big") * _mapped(item)[1]
        case "signed":
            number = int.from_bytes(code, "big", signed=True)
            top, step = _mapped(item)
            return None if number < -top else number * step
        case "imapb":
            if not 0 < len(code) <= imapb.LONGEST_BYTES:
                raise ValueError(f"{len(code)} bytes where IMAPB takes 1 to {imapb.LONGEST_BYTES}")
            return imapb.decode(code, item.low, item.high)
        case "integer" | "signed_integer":
            return int.from_bytes(code, "big", signed=item.coding == "signed_integer")
        case "text":
            return code.decode("utf-8", "replace")
        case "raw":
            return code


def code_of(item: Item, value: Value) -> bytes:
    """The bytes. None becomes the signed items' "not known" code; text and bytes go as they are."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("utf-8")
    if value is None:
        if item.coding != "signed":
            raise LocalProtocolError(
                "no_code_for_unknown", f"{item.name} cannot say that it is not known: leave it out"
            )
        return (1 << 8 * item.size - 1).to_bytes(item.size, "big")
    return _number_code(item, value)


def _number_code(item: Item, value: float) -> bytes:
    if item.coding in ("integer", "signed_integer"):
        return int(value).to_bytes(item.size, "big", signed=item.coding == "signed_integer")
    if item.coding == "imapb":
        return imapb.encode(value, item.low, item.high, item.size or IMAPB_BYTES)
    if item.low == 0.0 and item.high == 360.0:
        value %= 360.0
    if not item.low <= value <= item.high:
        if item.coding == "signed":
            return code_of(item, None)
        raise LocalProtocolError("outside_item_range", f"{item.name} = {value} is not in {item.low} to {item.high}")
    _, step = _mapped(item)
    start = 0.0 if item.coding == "signed" else item.low
    return round((value - start) / step).to_bytes(item.size, "big", signed=item.coding == "signed")
