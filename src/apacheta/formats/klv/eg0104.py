"""The legacy Predator universal set, EG 0104.5: sixteen-byte keys, big-endian floats, times in microseconds.

Keys and meanings: ST 0601.12 section 8, the last revision that lists each item's universal key. Byte 8 of a key is
the registry's version and differs between encoders, so it is not compared. The set has no checksum.
"""

import struct
from typing import Literal

from .ber import read_length
from .items import Value
from .packets import MetadataPacket, utc_ns_of_us

KEY_0104 = bytes.fromhex("060e2b34020101010e01010201010000")
_Form = Literal["float", "integer", "text"]


def without_version(key: bytes) -> bytes:
    """The key with its registry version (byte 8) blanked."""
    return key[:7] + b"\x00" + key[8:]


_TABLE: tuple[tuple[str, str, _Form], ...] = (
    ("060e2b34010101030702010101050000", "precision_timestamp_us", "integer"),
    ("060e2b34010101010105050000000000", "mission_id", "text"),
    ("060e2b34010101010101200100000000", "platform_designation", "text"),
    ("060e2b34010101010420010201010000", "image_source_sensor", "text"),
    ("060e2b34010101010701010100000000", "image_coordinate_system", "text"),
    ("060e2b34010101070701100106000000", "platform_heading_deg", "float"),
    ("060e2b34010101070701100105000000", "platform_pitch_deg", "float"),
    ("060e2b34010101070701100104000000", "platform_roll_deg", "float"),
    ("060e2b34010101030701020102040200", "sensor_lat_deg", "float"),
    ("060e2b34010101030701020102060200", "sensor_lon_deg", "float"),
    ("060e2b34010101010701020102020000", "sensor_alt_amsl_m", "float"),
    ("060e2b34010101020420020101080000", "sensor_hfov_deg", "float"),
    ("060e2b340101010704200201010a0100", "sensor_vfov_deg", "float"),
    ("060e2b34010101010701100101000000", "sensor_roll_deg", "float"),
    ("060e2b34010101010701100102000000", "angle_to_north_deg", "float"),
    ("060e2b34010101010701100103000000", "obliquity_deg", "float"),
    ("060e2b34010101010701080101000000", "slant_range_m", "float"),
    ("060e2b34010101010701090201000000", "target_width_m", "float"),
    ("060e2b34010101010701020103020000", "frame_centre_lat_deg", "float"),
    ("060e2b34010101010701020103040000", "frame_centre_lon_deg", "float"),
    ("060e2b340101010a0701020103160000", "frame_centre_alt_amsl_m", "float"),
    ("060e2b34010101030701020103070100", "corner_1_lat_deg", "float"),
    ("060e2b34010101030701020103080100", "corner_2_lat_deg", "float"),
    ("060e2b34010101030701020103090100", "corner_3_lat_deg", "float"),
    ("060e2b340101010307010201030a0100", "corner_4_lat_deg", "float"),
    ("060e2b340101010307010201030b0100", "corner_1_lon_deg", "float"),
    ("060e2b340101010307010201030c0100", "corner_2_lon_deg", "float"),
    ("060e2b340101010307010201030d0100", "corner_3_lon_deg", "float"),
    ("060e2b340101010307010201030e0100", "corner_4_lon_deg", "float"),
)
_ITEMS = {without_version(bytes.fromhex(key)): (name, form) for key, name, form in _TABLE}


def _value(form: _Form, code: bytes) -> Value:
    """A float that is not finite is not known: None. Raises ValueError where the length fits no such value."""
    if form == "text":
        return code.decode("utf-8", "replace")
    if form == "integer" and len(code) == 8:
        return int.from_bytes(code, "big")
    if form == "float" and len(code) in (4, 8):
        number: float = struct.unpack(">f" if len(code) == 4 else ">d", code)[0]
        return number if abs(number) < float("inf") else None
    raise ValueError(f"{len(code)} bytes do not make this value")


def decode_eg0104(data: bytes, start: int, value_at: int, end: int) -> MetadataPacket:
    """The set whose key is at `start`, whose value lies in `value_at`..`end` of `data`."""
    items: dict[int | str, Value] = {}
    problems: list[str] = []
    failures, at = 0, value_at
    while at < end:
        length = read_length(data, at + 16)
        if length is None or length[1] + length[0] > end:
            problems.append(f"the set breaks off {end - at} bytes before its end")
            failures += 1
            break
        key, begin = data[at : at + 16], length[1]
        at = begin + length[0]
        name, form = _ITEMS.get(without_version(key), ("", "text"))
        try:
            items[name or key.hex()] = _value(form, data[begin:at]) if name else data[begin:at]
        except ValueError as wrong:
            problems.append(f"{name}: {wrong}")
            failures += 1
    stamp = items.get("precision_timestamp_us")
    return MetadataPacket(
        standard="EG 0104",
        version=None,
        utc_ns=utc_ns_of_us(stamp),
        items=items,
        checksum_ok=None,
        problems=tuple(problems),
        length_failures=failures,
        key=data[start : start + 16],
    )
