"""The command line. Rooms are imported inside commands, so that `--help` answers at once."""

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from typing import Any, NoReturn

from .. import __version__

CAMERAS = ("640x512", "320x256")
MOST_WHOLE = 2**53 - 1
"""The largest whole number that JSON can be trusted with (RFC 8785, appendix D)."""
DEEPEST_ZOOM = 22
"""Pixels of 2 cm: no elevation file is finer."""
POLICIES = ("strips", "strip-lottery", "lawnmower", "game")


MODULES = {
    "demo": "demo.command",
    "watch": "watch.command",
    "calibrate": "calibrate.command",
    "certify": "certify.command",
    "terrain tiles": "terrain.tiles",
    "terrain viewshed": "terrain.viewshed",
    "terrain profile": "terrain.profile",
    "terrain travel": "terrain.travel",
    "terrain info": "terrain.info",
    "terrain mosaic": "terrain.mosaic",
}
"""Where a command is, if not in the module of its name: there its SCHEMA and KEYS are."""
SIGNED = ("--bounds", "--azimuth", "--elevation", "--from", "--to")
"""Flags whose value may begin with a minus and is no plain number."""


class _Parser(argparse.ArgumentParser):
    """Answers a wrong command line as every other outcome: with --json by one JSON object."""

    def __init__(self, *given: Any, wants_json: bool, **named: Any) -> None:
        super().__init__(*given, **named)
        self.wants_json = wants_json

    def error(self, message: str) -> NoReturn:
        """Exit code 2."""
        if not self.wants_json:
            super().error(message)
        sys.exit(_usage(self.prog.split()[1:], message, self.format_usage()))


def _usage(command: Sequence[str], message: str, usage: str) -> int:
    """Print the object of a wrong command line: that of the command, or a general one where none was named."""
    from ..core.errors import ErrorLine
    from .answer import COMMAND_LINE, Answer, show

    schema, keys = _form_of(command)
    flag = re.match(r"argument ([^\s:]+)", message)
    line = ErrorLine(
        code="usage", text=message, field=flag[1] if flag else None, remedy=" ".join(usage.split()) + " (--help)"
    )
    return show(Answer(schema, keys, errors=[line], exit_code=COMMAND_LINE), as_json=True)


def _form_of(command: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """A command's schema and the keys of its object; the general one where none, or not all of it, was named."""
    name = MODULES.get(" ".join(command[:2]), MODULES.get(command[0], command[0])) if command else "terrain"
    module = import_module(f".{name}", __package__)
    return getattr(module, "SCHEMA", "apacheta/usage/1"), getattr(module, "KEYS", ())


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code (pinned in the interfaces page)."""
    words = _with_signed_values(sys.argv[1:] if argv is None else argv)
    arguments, unknown = _parser("--json" in words).parse_known_args(words)
    if unknown:
        arguments.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    return int(arguments.run(arguments))


def _with_signed_values(words: Sequence[str]) -> list[str]:
    """The words, with `--bounds -70.4,...` as one: argparse would take the minus for a flag."""
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] in SIGNED and re.match(r"-[\d.]", word):
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined


def _parser(wants_json: bool) -> argparse.ArgumentParser:
    make = partial(_Parser, wants_json=wants_json)
    parser = make(prog="apacheta", description="Ground software of an unarmed drone watch over mountain borders.")
    parser.add_argument("--version", action="version", version=f"apacheta {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=make)
    for add in (
        *(
            _add_demo,
            _add_plan,
            _add_certify,
            _add_prove,
            _add_export,
            _add_watch,
            _add_calibrate,
            _add_doctor,
            _add_terrain,
        ),
        *(_add_verify, _add_bench, _add_warm, _add_config),
    ):
        add(commands)
    return parser


def _command(commands, name: str, text: str, run) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=text)
    command.add_argument("--json", action="store_true", help="print exactly one JSON object on stdout")
    command.set_defaults(run=run, parser=command)
    return command


def _add_language(command: argparse.ArgumentParser) -> None:
    command.add_argument("--lang", choices=("es", "en"), default=None, help="default: APACHETA_LANG, else es")


def _add_demo(commands) -> None:
    demo = _command(commands, "demo", "fly a simulated night from plan to verified log", _demo)
    demo.add_argument("--headless", action="store_true", help="as fast as the machine allows, through a pipe")
    demo.add_argument(
        "--port", type=_port, default=8080, help="of the page, on 127.0.0.1 (default 8080; 0: a free one)"
    )
    demo.add_argument("--no-page", action="store_true", help="live, without the page")
    demo.add_argument(
        "--on-station", action="store_true", help="live, but begun like a headless night: when the first is on station"
    )
    demo.add_argument("--minutes", type=_positive, default=10.0, help="simulated minutes (default 10)")
    demo.add_argument("--seed", type=_whole(0), default=1)
    demo.add_argument("--sector", metavar="FILE", help="a sector.toml instead of the generated pass")
    demo.add_argument("--mandate", metavar="FILE", help="default: mandate.toml beside the sector")
    demo.add_argument("--post", metavar="DIR", default="apacheta-demo", help="a new folder (default ./apacheta-demo)")
    demo.add_argument("--aircraft", type=_whole(1), metavar="N", help="default 3, fewer in a smaller fleet; headless 1")
    demo.add_argument("--camera", choices=CAMERAS, default=CAMERAS[0])
    demo.add_argument(
        "--rate-hz", type=_rate, metavar="HZ", help="pictures a second, 1 to 30 (default: the cameras' own)"
    )
    who = demo.add_mutually_exclusive_group()
    who.add_argument("--no-crossers", action="store_true", help="a night with only shepherds, goats and foxes")
    who.add_argument(
        "--crossers-per-hour", type=_positive, metavar="N", default=60.0, help="parties that cross (default 60)"
    )
    demo.add_argument("--no-video", action="store_true", help="keep the hashes of the video, not the video")
    _add_language(demo)


def _add_plan(commands) -> None:
    plan = _command(commands, "plan", "plan the night of a sector", _plan)
    plan.add_argument("sector", metavar="SECTOR")
    plan.add_argument("--out", metavar="DIR", required=True)
    plan.add_argument("--mandate", metavar="FILE", help="default: mandate.toml beside SECTOR")
    plan.add_argument("--policy", choices=POLICIES, default="game")
    plan.add_argument(
        "--seed", type=_whole(0), help="for exercises: it foretells the draw (default: tours from a secret seed)"
    )
    plan.add_argument("--looks", metavar="TABLE.csv", help="what looks are worth, from `calibrate` (default: our own)")
    plan.add_argument("--max-seconds", type=_positive, default=None, metavar="T")
    _add_language(plan)


def _add_certify(commands) -> None:
    text = "work out again what a plan claims to notice of those who know it"
    certify = _command(commands, "certify", text, _certify)
    certify.add_argument("plan", metavar="PLAN")
    certify.add_argument(
        "--from-terrain", action="store_true", help="looks and ways too, from terrain and aircraft files"
    )
    certify.add_argument("--sector", metavar="FILE", help="default: the one that `plan` noted beside PLAN")
    certify.add_argument("--post", metavar="POST", help="by its log: were the tours drawn, and not chosen")
    _add_language(certify)


def _add_prove(commands) -> None:
    prove = _command(commands, "prove", "prove that no aircraft of a plan crosses the border, whatever fails", _prove)
    prove.add_argument("plan", metavar="PLAN")
    prove.add_argument("--out", metavar="FILE", required=True, help="the certificate, for apacheta-check")
    prove.add_argument("--sector", metavar="FILE", help="default: the one that `plan` noted beside PLAN")
    _add_language(prove)


def _add_export(commands) -> None:
    export = _command(commands, "export", "write a proven plan's sorties as .waypoints and .plan, and as KML", _export)
    export.add_argument("plan", metavar="PLAN")
    export.add_argument("--out", metavar="DIR", required=True, help="a new or empty folder")
    export.add_argument("--sector", metavar="FILE", help="default: the one that `plan` noted beside PLAN")
    _add_language(export)


def _add_watch(commands) -> None:
    watch = _command(
        commands,
        "watch",
        "watch a stream: a live URL needs the post's mandate and serves the page, a file is a replay",
        _watch,
    )
    watch.add_argument("--stream", metavar="URL|FILE", required=True)
    watch.add_argument("--terrain", metavar="DEM")
    watch.add_argument("--until-end", action="store_true", help="stop when the stream ends")
    watch.add_argument("--post", metavar="DIR")
    watch.add_argument("--no-page", action="store_true", help="a live stream without the page")
    watch.add_argument(
        "--port", type=_port, default=8080, help="of the page, on 127.0.0.1 (default 8080; 0: a free one)"
    )
    _add_language(watch)


def _add_calibrate(commands) -> None:
    text = "make a table of what looks are worth from decoys who walked through them"
    calibrate = _command(commands, "calibrate", text, _calibrate)
    calibrate.add_argument("video", metavar="VIDEO", nargs="+", help="recordings with metadata, of one aircraft each")
    calibrate.add_argument("--walks", metavar="FILE.csv", required=True, help="walk,kind,utc,lat_deg,lon_deg")
    calibrate.add_argument("--terrain", metavar="DEM", required=True)
    calibrate.add_argument("--looks", metavar="TABLE.csv", help="the table to begin with (default: the program's)")
    calibrate.add_argument("--out", metavar="TABLE.csv", required=True, help="for `plan --looks`")
    _add_language(calibrate)


def _add_doctor(commands) -> None:
    doctor = _command(commands, "doctor", "say what is wrong with a file and what to do", _doctor)
    doctor.add_argument("what", choices=("video",))
    doctor.add_argument("file", metavar="FILE")
    _add_language(doctor)


def _add_terrain(commands) -> None:
    terrain = commands.add_parser("terrain", help="what the page and the planner need of an elevation file")
    make = partial(_Parser, wants_json=terrain.wants_json)
    subcommands = terrain.add_subparsers(metavar="SUBCOMMAND", required=True, parser_class=make)
    tiles = _command(subcommands, "tiles", "write the ground for the page's map: height tiles as PMTiles", _terrain)
    tiles.add_argument("dem", metavar="DEM", help="any raster that GDAL reads, in any reference system")
    tiles.add_argument("--out", metavar="FILE.pmtiles", required=True)
    tiles.add_argument("--min-zoom", type=_zoom, metavar="Z", help="default: all of it in one tile, and two less")
    tiles.add_argument("--max-zoom", type=_zoom, metavar="Z", help="default: pixels no larger than the file's")
    tiles.add_argument("--bounds", type=_bounds, metavar="W,S,E,N", help="degrees; default: all of the file")
    _add_language(tiles)
    _add_viewshed(_command(subcommands, "viewshed", "what is seen from a place: GeoTIFF and picture", _viewshed))
    mosaic = _command(subcommands, "mosaic", "many elevation files as one, without copying them", _mosaic)
    mosaic.add_argument("dem", metavar="DEM", nargs="+", help="tiles on one grid; where two overlap the later counts")
    mosaic.add_argument("--out", metavar="OUT.vrt", required=True)
    _add_language(mosaic)
    info = _command(subcommands, "info", "what elevation files hold", _info)
    info.add_argument("dem", metavar="DEM", nargs="+", help="any rasters that GDAL reads, one after another")
    _add_language(info)
    _add_travel(_command(subcommands, "travel", "how long people take from a place or to it, and their way", _travel))
    _add_profile(_command(subcommands, "profile", "the ground between two places, sight and radio", _profile))


def _add_viewshed(command: argparse.ArgumentParser) -> None:
    command.add_argument("dem", metavar="DEM", help="any raster that GDAL reads; square metres keep their own pixels")
    command.add_argument("--lat", type=_within(-90, 90), required=True, metavar="D")
    command.add_argument("--lon", type=_within(-180, 180), required=True, metavar="D")
    command.add_argument("--height", type=_within(-500, 20_000), required=True, metavar="M", help="of the observer")
    command.add_argument("--above", choices=("ground", "amsl", "hae"), default="ground", help="default ground")
    command.add_argument("--target-height", type=_within(0, 20_000), default=0.0, metavar="M", help="above ground")
    command.add_argument("--range", type=_positive, metavar="M", help="default: all of the file")
    command.add_argument(
        "--refraction", type=_within(-1, 1), default=0.142857, metavar="K", help="1 - GDAL's curvature coefficient"
    )
    command.add_argument(
        "--mode", choices=("fast", "exact"), default="fast", help="fast (default): for choosing; exact: for claims"
    )
    command.add_argument("--azimuth", type=_span, metavar="A:B", help="degrees from true north, clockwise from A to B")
    command.add_argument("--elevation", type=_span, metavar="A:B", help="degrees above the horizontal, from A to B")
    command.add_argument(
        "--margin", action="store_true", help="metres by which the target clears what stands before it, not 1 and 0"
    )
    command.add_argument("--out", metavar="OUT.tif", required=True)
    command.add_argument("--png", metavar="OUT.png")
    _add_language(command)


def _add_profile(command: argparse.ArgumentParser) -> None:
    command.add_argument("dem", metavar="DEM", help="any raster that GDAL reads")
    command.add_argument("--from", type=_place, required=True, metavar="LAT,LON", dest="from_")
    command.add_argument("--to", type=_place, required=True, metavar="LAT,LON")
    height = {"type": _within(0, 20_000), "default": 2.0, "metavar": "M", "help": "above ground (default 2)"}
    command.add_argument("--from-height", **height)
    command.add_argument("--to-height", **height)
    command.add_argument("--frequency", type=_within(30e6, 50e9), metavar="HZ", help="what a radio link would lose")
    command.add_argument("--refraction", type=_within(-1, 1), default=0.142857, metavar="K", help="of light")
    command.add_argument("--out", metavar="OUT.csv")
    command.add_argument("--png", metavar="OUT.png")
    _add_language(command)


def _add_travel(command: argparse.ArgumentParser) -> None:
    command.add_argument("dem", metavar="DEM", help="any raster that GDAL reads")
    command.add_argument("--from", type=_place, required=True, metavar="LAT,LON", dest="from_")
    command.add_argument("--to", type=_place, metavar="LAT,LON", help="the way there, too")
    command.add_argument("--traveller", choices=("walker", "mule", "vehicle"), default="walker")
    command.add_argument("--hours", type=_positive, metavar="H", help="how far to look; default: all of the file")
    command.add_argument("--by-day", action="store_true", help="default: by night")
    command.add_argument("--to-start", action="store_true", help="times to the place, not from it")
    command.add_argument("--paths", metavar="LINES.geojson", help="paths and tracks")
    command.add_argument("--flats", metavar="AREAS.geojson", help="salt flats")
    command.add_argument("--out", metavar="OUT.tif", required=True, help="seconds, where nobody comes no value")
    command.add_argument("--way", metavar="OUT.geojson")
    command.add_argument("--png", metavar="OUT.png")
    _add_language(command)


def _add_verify(commands) -> None:
    verify = _command(commands, "verify", "verify a post's log in a fresh process", _verify)
    verify.add_argument("post", metavar="POST")
    verify.add_argument("--key", metavar="VKEY")
    verify.add_argument("--checkpoint", metavar="FILE")


def _add_bench(commands) -> None:
    bench = _command(commands, "bench", "run benchmarks/NAME.py from a source checkout", _bench)
    bench.add_argument("name", metavar="NAME")
    bench.add_argument("--quick", action="store_true")
    bench.add_argument("--resume", action="store_true")


def _add_warm(commands) -> None:
    _command(commands, "warm", "compile the kernels and build the generated pass, once", _warm).add_argument(
        "--seed", type=_whole(0), default=1
    )


def _add_config(commands) -> None:
    _command(commands, "config", "print each setting and where its value came from", _config)


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value


def _rate(text: str) -> float:
    value = float(text)
    if not 1.0 <= value <= 30.0:
        raise argparse.ArgumentTypeError(f"{text} is not from 1 to 30")
    return value


def _whole(least: int) -> Callable[[str], int]:
    def whole_number(text: str) -> int:
        value = int(text)
        if not least <= value <= MOST_WHOLE:
            raise argparse.ArgumentTypeError(f"{text} is not from {least} to {MOST_WHOLE}")
        return value

    return whole_number


def _within(least: float, most: float) -> Callable[[str], float]:
    def number(text: str) -> float:
        value = float(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text} is not from {least} to {most}")
        return value

    return number


def _place(text: str) -> tuple[float, float]:
    lat, lon = (float(part) for part in text.split(","))
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise argparse.ArgumentTypeError(f"{text} is no latitude, longitude in degrees")
    return lat, lon


def _span(text: str) -> tuple[float, float]:
    first, last = (float(part) for part in text.split(":"))
    if not (-360 <= first <= 360 and -360 <= last <= 360):
        raise argparse.ArgumentTypeError(f"{text} are not degrees")
    return first, last


def _port(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is not from 0 to 65535")
    return value


def _zoom(text: str) -> int:
    value = int(text)
    if not 0 <= value <= DEEPEST_ZOOM:
        raise argparse.ArgumentTypeError(f"{text} is not from 0 to {DEEPEST_ZOOM}")
    return value


def _bounds(text: str) -> tuple[float, float, float, float]:
    try:
        west, south, east, north = map(float, text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not W,S,E,N in degrees") from None
    return west, south, east, north


def _demo(arguments: argparse.Namespace) -> int:
    from .demo import command

    return command(arguments)


def _plan(arguments: argparse.Namespace) -> int:
    from .plan import command

    return command(arguments)


def _certify(arguments: argparse.Namespace) -> int:
    from .certify.command import command

    return command(arguments)


def _prove(arguments: argparse.Namespace) -> int:
    from .prove import command

    return command(arguments)


def _export(arguments: argparse.Namespace) -> int:
    from .export import command

    return command(arguments)


def _watch(arguments: argparse.Namespace) -> int:
    from .watch.command import command

    return command(arguments)


def _calibrate(arguments: argparse.Namespace) -> int:
    from .calibrate.command import command

    return command(arguments)


def _doctor(arguments: argparse.Namespace) -> int:
    from .doctor import command

    return command(arguments)


def _terrain(arguments: argparse.Namespace) -> int:
    from .terrain.tiles import command

    return command(arguments)


def _viewshed(arguments: argparse.Namespace) -> int:
    from .terrain.viewshed import command

    return command(arguments)


def _profile(arguments: argparse.Namespace) -> int:
    from .terrain.profile import command

    return command(arguments)


def _travel(arguments: argparse.Namespace) -> int:
    from .terrain.travel import command

    return command(arguments)


def _mosaic(arguments: argparse.Namespace) -> int:
    from .terrain.mosaic import command

    return command(arguments)


def _info(arguments: argparse.Namespace) -> int:
    from .terrain.info import command

    return command(arguments)


def _verify(arguments: argparse.Namespace) -> int:
    from .verify import command

    return command(arguments)


def _bench(arguments: argparse.Namespace) -> int:
    from .bench import command

    return command(arguments)


def _warm(arguments: argparse.Namespace) -> int:
    from .warm import command

    return command(arguments)


def _config(arguments: argparse.Namespace) -> int:
    from .config import command

    return command(arguments)


if __name__ == "__main__":
    sys.exit(main())
