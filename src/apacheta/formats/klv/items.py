"""The items of ST 0601, as a table (ST 0601.17 section 8): name with unit and datum, coding, bytes, range.

Codings: `unsigned` and `signed` map the whole integer range to the float range (signed leaves out the lowest code,
which means "out of range" or "error" and decodes to None); `imapb` is ST 1201; `integer` is the number itself;
`text` is UTF-8; `raw` stays bytes. What is not in the table stays bytes too.
"""

from typing import Literal, NamedTuple

Coding = Literal["unsigned", "signed", "imapb", "integer", "signed_integer", "text", "raw"]
Value = float | int | str | bytes | None

CHECKSUM, TIMESTAMP_US, VERSION = 1, 2, 65
HEADING, PITCH, ROLL, PITCH_FULL, ROLL_FULL = 5, 6, 7, 90, 91
SENSOR_LAT, SENSOR_LON, SENSOR_ALT_AMSL, SENSOR_HEIGHT_HAE, SENSOR_HEIGHT_HAE_EXTENDED = 13, 14, 15, 75, 104
HFOV, VFOV, REL_AZIMUTH, REL_ELEVATION, REL_ROLL = 16, 17, 18, 19, 20
SLANT_RANGE, FRAME_CENTRE_LAT, FRAME_CENTRE_LON = 21, 23, 24


class Item(NamedTuple):
    """One row. `size`: bytes, 0 = variable (for IMAPB then the size written is 4); `low`, `high` in the name's unit."""

    name: str
    coding: Coding
    size: int
    low: float = 0.0
    high: float = 0.0


def _unsigned(name: str, size: int, low: float, high: float) -> Item:
    return Item(name, "unsigned", size, low, high)


def _signed(name: str, size: int, bound: float) -> Item:
    return Item(name, "signed", size, -bound, bound)


def _height(name: str) -> Item:
    return Item(name, "unsigned", 2, -900.0, 19_000.0)


def _text(name: str) -> Item:
    return Item(name, "text", 0)


def _integer(name: str, size: int) -> Item:
    return Item(name, "integer", size)


ITEMS: dict[int, Item] = {
    1: _integer("checksum", 2),
    2: _integer("precision_timestamp_us", 8),
    3: _text("mission_id"),
    4: _text("platform_tail_number"),
    5: _unsigned("platform_heading_deg", 2, 0.0, 360.0),
    6: _signed("platform_pitch_deg", 2, 20.0),
    7: _signed("platform_roll_deg", 2, 50.0),
    8: _integer("platform_true_airspeed_m_s", 1),
    9: _integer("platform_indicated_airspeed_m_s", 1),
    10: _text("platform_designation"),
    11: _text("image_source_sensor"),
    12: _text("image_coordinate_system"),
    13: _signed("sensor_lat_deg", 4, 90.0),
    14: _signed("sensor_lon_deg", 4, 180.0),
    15: _height("sensor_alt_amsl_m"),
    16: _unsigned("sensor_hfov_deg", 2, 0.0, 180.0),
    17: _unsigned("sensor_vfov_deg", 2, 0.0, 180.0),
    18: _unsigned("sensor_rel_azimuth_deg", 4, 0.0, 360.0),
    19: _signed("sensor_rel_elevation_deg", 4, 180.0),
    20: _unsigned("sensor_rel_roll_deg", 4, 0.0, 360.0),
    21: _unsigned("slant_range_m", 4, 0.0, 5_000_000.0),
    22: _unsigned("target_width_m", 2, 0.0, 10_000.0),
    23: _signed("frame_centre_lat_deg", 4, 90.0),
    24: _signed("frame_centre_lon_deg", 4, 180.0),
    25: _height("frame_centre_alt_amsl_m"),
    26: _signed("corner_1_lat_offset_deg", 2, 0.075),
    27: _signed("corner_1_lon_offset_deg", 2, 0.075),
    28: _signed("corner_2_lat_offset_deg", 2, 0.075),
    29: _signed("corner_2_lon_offset_deg", 2, 0.075),
    30: _signed("corner_3_lat_offset_deg", 2, 0.075),
    31: _signed("corner_3_lon_offset_deg", 2, 0.075),
    32: _signed("corner_4_lat_offset_deg", 2, 0.075),
    33: _signed("corner_4_lon_offset_deg", 2, 0.075),
    34: _integer("icing_detected", 1),
    35: _unsigned("wind_from_deg", 2, 0.0, 360.0),
    36: _unsigned("wind_speed_m_s", 1, 0.0, 100.0),
    37: _unsigned("static_pressure_hpa", 2, 0.0, 5_000.0),
    38: _height("density_altitude_m"),
    39: Item("outside_air_temperature_c", "signed_integer", 1),
    40: _signed("target_lat_deg", 4, 90.0),
    41: _signed("target_lon_deg", 4, 180.0),
    42: _height("target_alt_amsl_m"),
    47: _integer("generic_flags", 1),
    48: Item("security_local_set", "raw", 0),
    50: _signed("platform_angle_of_attack_deg", 2, 20.0),
    51: _signed("platform_vertical_speed_m_s", 2, 180.0),
    52: _signed("platform_sideslip_deg", 2, 20.0),
    56: _integer("platform_ground_speed_m_s", 1),
    57: _unsigned("ground_range_m", 4, 0.0, 5_000_000.0),
    59: _text("platform_call_sign"),
    64: _unsigned("platform_magnetic_heading_deg", 2, 0.0, 360.0),
    65: _integer("uas_datalink_version", 1),
    67: _signed("alternate_platform_lat_deg", 4, 90.0),
    68: _signed("alternate_platform_lon_deg", 4, 180.0),
    69: _height("alternate_platform_alt_amsl_m"),
    72: _integer("event_start_us", 8),
    75: _height("sensor_height_hae_m"),
    76: _height("alternate_platform_height_hae_m"),
    78: _height("frame_centre_height_hae_m"),
    79: _signed("sensor_north_velocity_m_s", 2, 327.0),
    80: _signed("sensor_east_velocity_m_s", 2, 327.0),
    82: _signed("corner_1_lat_deg", 4, 90.0),
    83: _signed("corner_1_lon_deg", 4, 180.0),
    84: _signed("corner_2_lat_deg", 4, 90.0),
    85: _signed("corner_2_lon_deg", 4, 180.0),
    86: _signed("corner_3_lat_deg", 4, 90.0),
    87: _signed("corner_3_lon_deg", 4, 180.0),
    88: _signed("corner_4_lat_deg", 4, 90.0),
    89: _signed("corner_4_lon_deg", 4, 180.0),
    90: _signed("platform_pitch_full_deg", 4, 90.0),
    91: _signed("platform_roll_full_deg", 4, 90.0),
    92: _signed("platform_angle_of_attack_full_deg", 4, 90.0),
    93: _signed("platform_sideslip_full_deg", 4, 90.0),
    94: Item("miis_core_identifier", "raw", 0),
    96: Item("target_width_extended_m", "imapb", 0, 0.0, 1_500_000.0),
    103: Item("density_altitude_extended_m", "imapb", 0, -900.0, 40_000.0),
    104: Item("sensor_height_hae_extended_m", "imapb", 0, -900.0, 40_000.0),
    105: Item("alternate_platform_height_hae_extended_m", "imapb", 0, -900.0, 40_000.0),
    112: Item("platform_course_deg", "imapb", 0, 0.0, 360.0),
    113: Item("altitude_agl_m", "imapb", 0, -900.0, 40_000.0),
}
