"""`mandate/1`: the written authority, as a TOML file that names its area's GeoJSON."""

from datetime import datetime
from typing import Annotated, Any

import msgspec

from ..core.errors import InputFault
from ..core.instant import utc_ns_of
from ..core.mandate import Mandate
from .canonical import canonical_bytes, sha256_hex
from .geojson import rings_of
from .strict import decode_toml

Text = Annotated[str, msgspec.Meta(min_length=1)]
Zoned = Annotated[datetime, msgspec.Meta(tz=True)]


class MandateFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys of mandate.toml; all are required."""

    format: str
    authority: Text
    purpose: Text
    exercise: bool
    partners: tuple[Text, ...]
    share: tuple[Text, ...]
    from_utc: Zoned
    to_utc: Zoned
    area_file: Text


def mandate_file_of(data: bytes, file: str) -> tuple[MandateFile, dict[str, Any]]:
    """The keys of a mandate file and its plain content. Raises InputFault."""
    found, content = decode_toml(data, MandateFile, kind="mandate", version=1, file=file)
    if found.from_utc >= found.to_utc:
        text = "to_utc is not after from_utc."
        raise InputFault("wrong_value", text, file=file, field="to_utc", remedy="Correct one of the two times.")
    return found, content


def mandate_of(found: MandateFile, content: dict[str, Any], area: bytes, file: str) -> Mandate:
    """The record: the mandate file's keys with the bytes of its area file. Raises InputFault."""
    rings = rings_of(area, found.area_file)
    if len(rings) != 1:
        text = f"{found.area_file} holds {len(rings)} polygons where one area is wanted."
        raise InputFault("several_areas", text, file=file, field="area_file", remedy="Draw one polygon.")
    whole = {"content": plain(content), "files": {found.area_file: sha256_hex(area)}}
    return Mandate(
        authority=found.authority,
        purpose=found.purpose,
        exercise=found.exercise,
        partners=found.partners,
        share=found.share,
        from_utc_ns=utc_ns_of(found.from_utc),
        to_utc_ns=utc_ns_of(found.to_utc),
        area=rings[0],
        area_file=found.area_file,
        sha256=sha256_hex(canonical_bytes(whole)),
    )


def plain(value: Any) -> Any:
    """TOML content with its dates as ISO 8601 text, so that it can be written as canonical JSON."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value if isinstance(value, bool | int | float | str) else value.isoformat()
