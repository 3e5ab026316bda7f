"""What an aircraft can do, with the source of every figure. Files: aircraft/*.toml (`aircraft/1`)."""

from typing import Literal

import msgspec

from .place import AmslM

AircraftKind = Literal["vtol_plane", "multirotor", "plane"]


class LensCamera(msgspec.Struct, frozen=True, kw_only=True):
    """The thermal camera on its gimbal. Depression is degrees below the horizon."""

    width_px: int
    height_px: int
    hfov_deg: float
    rate_hz: float
    netd_k: float
    depression_min_deg: float
    depression_max_deg: float
    slew_deg_s: float


class Radio(msgspec.Struct, frozen=True, kw_only=True):
    """The C2 and video link."""

    band_hz: float
    eirp_dbm: float
    sensitivity_dbm: float


class Termination(msgspec.Struct, frozen=True, kw_only=True):
    """How flight is ended; `independent` of the autopilot or not; time to act and sink rate after it."""

    independent: bool
    device: str
    act_s: float
    sink_m_s: float | None


class FailureResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What the aircraft does by itself when something is lost."""

    link_loss: Literal["return_home", "loiter_then_return", "land"]
    gnss_detect_s: float
    termination: Termination


class Launch(msgspec.Struct, frozen=True, kw_only=True):
    """Limits at the pad."""

    height_max_amsl_m: AmslM
    wind_max_m_s: float
    temperature_min_c: float
    temperature_max_c: float


class Aircraft(msgspec.Struct, frozen=True, kw_only=True):
    """One type. Wing: drag polar cd = cd0 + k cl^2. Rotor: `hover_power_w` at sea level, ISA.

    Speeds are calibrated airspeed (CAS); true airspeed follows from density. `climb_sea_level_m_s` falls linearly
    with density altitude to 0.5 m/s at `ceiling_amsl_m`. `sources` maps each field to where its figure is from.
    """

    name: str
    kind: AircraftKind
    mass_kg: float
    wing_area_m2: float | None
    cd0: float | None
    induced_k: float | None
    cl_max: float | None
    propulsive_efficiency: float
    hover_power_w: float | None
    battery_wh: float
    reserve_fraction: float
    hotel_w: float
    cruise_cas_m_s: float
    stall_cas_m_s: float | None
    max_cas_m_s: float
    bank_max_deg: float
    climb_sea_level_m_s: float
    sink_max_m_s: float
    ceiling_amsl_m: AmslM
    nav_sigma_h_m: float
    nav_sigma_v_m: float
    launch: Launch
    camera: LensCamera
    radio: Radio
    failure: FailureResponse
    sources: dict[str, str]
    sha256: str
