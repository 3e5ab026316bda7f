"""What a watch is refused for before it begins, and while it runs: its mandate, its time, its terrain."""

from pathlib import Path

from ...adapters.clock import SystemClock
from ...adapters.raster import RasterSource
from ...core.errors import InputFault
from ...core.instant import iso_of
from ...core.mandate import Mandate
from ..loading import load_mandate


def terrain_of(name: str | None) -> RasterSource | None:
    """The elevation file that was named. Raises InputFault."""
    try:
        return None if name is None else RasterSource(name)
    except InputFault as fault:
        raise about_terrain(fault) from None


def about_terrain(fault: InputFault) -> InputFault:
    """The fault as one of the command line's --terrain."""
    line = fault.line
    remedy = "Name an elevation file of the ground under the camera, or leave --terrain out."
    return InputFault(line.code, line.text, file=line.file, field="--terrain", remedy=remedy)


def mandate_for(live: bool, post: Path | None) -> Mandate | None:
    """A live watch needs a mandate that holds now; a replay needs none. Raises InputFault."""
    if not live:
        return None
    if post is None:
        text = "a live stream is watched under a mandate, and the mandate lies in a post."
        raise InputFault(
            "no_mandate", text, field="--post", remedy="Name the post whose mandate.toml covers this watch."
        )
    mandate = load_mandate(post / "mandate.toml")
    check_time(mandate, SystemClock().utc_ns(), str(post / "mandate.toml"))
    return mandate


def check_time(mandate: Mandate, now_ns: int, file: str | None) -> None:
    """Refuse a watch before or after the mandate's time. Raises InputFault."""
    if mandate.covers_time(now_ns, now_ns):
        return
    span = f"from {iso_of(mandate.from_utc_ns)} to {iso_of(mandate.to_utc_ns)}"
    text = f"the mandate runs {span}; it is {iso_of(now_ns)}."
    late = now_ns >= mandate.to_utc_ns
    code, field = ("mandate_expired", "to_utc") if late else ("outside_mandate", "from_utc")
    raise InputFault(code, text, file=file, field=field, remedy="Ask the authority for a mandate for this time.")
