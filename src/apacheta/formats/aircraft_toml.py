"""`aircraft/1`: one aircraft type as TOML, with the source of every figure.

Sources stand in one table, `[sources]`: a key per figure (`mass_kg`, `"camera.hfov_deg"`), or a table's name
(`camera`, `radio`, `launch`, `failure`) for all of its figures. A figure without a source is refused.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from ..core.aircraft import Aircraft, AircraftKind, FailureResponse, Launch, LensCamera, Radio, Termination
from ..core.errors import InputFault
from ..core.place import AmslM
from .canonical import canonical_bytes, sha256_hex
from .mandate_toml import Text, plain
from .strict import decode_toml

Above = Annotated[float, Meta(gt=0)]
Share = Annotated[float, Meta(gt=0, lt=1)]


class _Keys(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Keys of one table: what is not named is refused."""


class CameraKeys(_Keys, frozen=True, kw_only=True):
    width_px: Annotated[int, Meta(ge=16, le=10_000)]
    height_px: Annotated[int, Meta(ge=16, le=10_000)]
    hfov_deg: Annotated[float, Meta(gt=0.1, lt=120)]
    rate_hz: Annotated[float, Meta(gt=0, le=240)]
    netd_k: Above
    depression_min_deg: Annotated[float, Meta(ge=0, le=90)]
    depression_max_deg: Annotated[float, Meta(ge=0, le=90)]
    slew_deg_s: Above


class RadioKeys(_Keys, frozen=True, kw_only=True):
    band_hz: Annotated[float, Meta(ge=1e7, le=1e11)]
    eirp_dbm: Annotated[float, Meta(ge=-30, le=80)]
    sensitivity_dbm: Annotated[float, Meta(ge=-160, le=0)]


class TerminationKeys(_Keys, frozen=True, kw_only=True):
    independent: bool
    device: str
    act_s: Annotated[float, Meta(ge=0)]
    sink_m_s: Above | None = None


class FailureKeys(_Keys, frozen=True, kw_only=True):
    link_loss: Literal["return_home", "loiter_then_return", "land"]
    gnss_detect_s: Annotated[float, Meta(ge=0)]
    termination: TerminationKeys


class LaunchKeys(_Keys, frozen=True, kw_only=True):
    height_max_amsl_m: Annotated[float, Meta(ge=0, le=9_000)]
    wind_max_m_s: Above
    temperature_min_c: Annotated[float, Meta(ge=-80, le=60)]
    temperature_max_c: Annotated[float, Meta(ge=-80, le=80)]


class AircraftFile(_Keys, frozen=True, kw_only=True):
    """The keys of an aircraft file. A wing's keys are left out for a multirotor."""

    format: str
    name: Text
    kind: AircraftKind
    mass_kg: Above
    wing_area_m2: Above | None = None
    cd0: Above | None = None
    induced_k: Above | None = None
    cl_max: Above | None = None
    propulsive_efficiency: Share
    hover_power_w: Above | None = None
    battery_wh: Above
    reserve_fraction: Share
    hotel_w: Annotated[float, Meta(ge=0)]
    cruise_cas_m_s: Above
    stall_cas_m_s: Above | None = None
    max_cas_m_s: Above
    bank_max_deg: Annotated[float, Meta(gt=5, lt=75)]
    climb_sea_level_m_s: Annotated[float, Meta(gt=0.5)]
    sink_max_m_s: Above
    ceiling_amsl_m: Annotated[float, Meta(gt=0, le=12_000)]
    nav_sigma_h_m: Above
    nav_sigma_v_m: Above
    launch: LaunchKeys
    camera: CameraKeys
    radio: RadioKeys
    failure: FailureKeys
    sources: dict[str, Text]


def aircraft_of(data: bytes, file: str) -> Aircraft:
    """The record of an aircraft file. Raises InputFault."""
    found, content = decode_toml(data, AircraftFile, kind="aircraft", version=1, file=file)
    _check_sources(content, file)
    _check_figures(found, file)
    fields = {name: getattr(found, name) for name in Aircraft.__struct_fields__ if hasattr(found, name)}
    fields |= {
        "ceiling_amsl_m": AmslM(found.ceiling_amsl_m),
        "launch": msgspec.convert(msgspec.to_builtins(found.launch), Launch),
        "camera": msgspec.convert(msgspec.to_builtins(found.camera), LensCamera),
        "radio": msgspec.convert(msgspec.to_builtins(found.radio), Radio),
        "failure": _failure(found.failure),
        "sha256": sha256_hex(canonical_bytes(plain(content))),
    }
    return Aircraft(**fields)


def _failure(keys: FailureKeys) -> FailureResponse:
    return FailureResponse(
        link_loss=keys.link_loss,
        gnss_detect_s=keys.gnss_detect_s,
        termination=Termination(
            independent=keys.termination.independent,
            device=keys.termination.device,
            act_s=keys.termination.act_s,
            sink_m_s=keys.termination.sink_m_s,
        ),
    )


def _check_sources(content: dict[str, Any], file: str) -> None:
    sources = content.get("sources", {})
    figures = set(_figures({k: v for k, v in content.items() if k != "sources"}, ""))
    for figure in sorted(figures):
        if figure not in sources and figure.partition(".")[0] not in sources:
            remedy = f'Add "{figure}" to the table sources: a data sheet, a measurement, or the reasoning.'
            raise InputFault("no_source", f"{figure} has no source.", file=file, field=figure, remedy=remedy)
    for name in sources:
        if name not in figures and not isinstance(content.get(name), dict):
            field = f"sources.{name}"
            raise InputFault("unknown_key", f"{field} names no figure.", file=file, field=field, remedy="Remove it.")


def _figures(table: dict[str, Any], prefix: str) -> list[str]:
    names: list[str] = []
    for key, value in table.items():
        if isinstance(value, dict):
            names += _figures(value, f"{prefix}{key}.")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            names.append(f"{prefix}{key}")
    return names


def _check_figures(found: AircraftFile, file: str) -> None:
    wanted = ["hover_power_w"] if found.kind != "plane" else []
    if found.kind != "multirotor":
        wanted += ["wing_area_m2", "cd0", "induced_k", "cl_max", "stall_cas_m_s"]
    for name in wanted:
        if getattr(found, name) is None:
            text = f"{name} is missing: a {found.kind} needs it."
            raise InputFault("missing_key", text, file=file, field=name, remedy="Add it.")
    if found.camera.depression_min_deg >= found.camera.depression_max_deg:
        field = "camera.depression_max_deg"
        text = f"{field} is not more than depression_min_deg."
        raise InputFault("wrong_value", text, file=file, field=field, remedy="Correct one of the two.")
    if not (found.stall_cas_m_s or 0.0) < found.cruise_cas_m_s <= found.max_cas_m_s:
        text = "cruise_cas_m_s does not lie between stall and max."
        raise InputFault("wrong_value", text, file=file, field="cruise_cas_m_s", remedy="Correct the speeds.")
