"""The standard atmosphere with a temperature deviation (ICAO Doc 7488; US Standard Atmosphere 1976), to 11 km."""

from typing import Any

T0_K, LAPSE_K_M, P0_PA, R_AIR, G0 = 288.15, 0.0065, 101_325.0, 287.05287, 9.80665
RHO0 = P0_PA / (R_AIR * T0_K)
"""Sea level density, 1.225 kg/m3."""


def isa_temperature_k(amsl_m: Any) -> Any:
    """Temperature of the standard atmosphere."""
    return T0_K - LAPSE_K_M * amsl_m


def isa_pressure_pa(amsl_m: Any) -> Any:
    """Pressure of the standard atmosphere (a pressure altitude's own pressure)."""
    return P0_PA * (isa_temperature_k(amsl_m) / T0_K) ** (G0 / (R_AIR * LAPSE_K_M))


def air_density(amsl_m: Any, isa_deviation_c: Any = 0.0) -> Any:
    """Density in kg/m3 at a pressure altitude when the air is warmer than standard by `isa_deviation_c`."""
    return isa_pressure_pa(amsl_m) / (R_AIR * (isa_temperature_k(amsl_m) + isa_deviation_c))


def density_altitude_m(amsl_m: Any, isa_deviation_c: Any = 0.0) -> Any:
    """The height in the standard atmosphere that has the present density."""
    ratio = air_density(amsl_m, isa_deviation_c) / RHO0
    return T0_K / LAPSE_K_M * (1.0 - ratio ** (1.0 / (G0 / (R_AIR * LAPSE_K_M) - 1.0)))


def cold_altimeter_error_m(height_above_setting_m: Any, isa_deviation_c: Any, setting_amsl_m: Any = 0.0) -> Any:
    """By how much a barometric height reads high: positive in cold air, where the aircraft is lower than it says.

    ICAO Doc 8168 (PANS-OPS), temperature correction: H (15 - t0) / (273 + t0 - 0.5 L0 (H + Hss)) with t0 the setting
    source's temperature brought to sea level, L0 = 0.0065 C/m, H the height above the source and Hss its height.
    About 4 % of the height for each 10 C of cold.
    """
    t0 = 15.0 + isa_deviation_c
    return (
        height_above_setting_m
        * -isa_deviation_c
        / (273.0 + t0 - 0.5 * LAPSE_K_M * (height_above_setting_m + setting_amsl_m))
    )
