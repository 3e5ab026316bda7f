"""The files that a certificate speaks of, each held against the hash that the plan names."""

import hashlib
import json
import os
import re
import tomllib
from pathlib import Path
from typing import Any


class Invalid(Exception):
    """The certificate proves nothing: `where` in it, and why."""

    def __init__(self, where: str, text: str) -> None:
        super().__init__(text)
        self.where, self.text = where, text


class Unreadable(Exception):
    """A file cannot be read as what it should be."""


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise Unreadable(f"{path}: {problem.strerror or problem}") from None


def read_json(data: bytes, name: str) -> Any:
    def refused(word: str) -> Any:
        raise ValueError(f"{word} is no number")

    try:
        return json.loads(data, parse_constant=refused)
    except (ValueError, RecursionError) as problem:
        raise Unreadable(f"{name}: {problem}") from None


def canonical(value: Any) -> bytes:
    """RFC 8785: keys in order, no spaces, numbers as ECMAScript writes them."""
    if isinstance(value, dict):
        items = sorted(value.items(), key=lambda item: item[0].encode("utf-16-be"))
        return b"{" + b",".join(canonical(k) + b":" + canonical(v) for k, v in items) + b"}"
    if isinstance(value, list | tuple):
        return b"[" + b",".join(canonical(v) for v in value) + b"]"
    if isinstance(value, float):
        return _number(value).encode()
    if isinstance(value, str | bool | int) or value is None:
        return json.dumps(value, ensure_ascii=False).encode()
    return canonical(value.isoformat())  # a date of TOML


def _number(value: float) -> str:
    if value == int(value) and abs(value) < 1e21:
        return str(int(value))
    digits, _, exponent = repr(value).partition("e")
    if not exponent:
        return digits
    power, sign = int(exponent), "-" if digits.startswith("-") else ""
    whole = digits.lstrip("-").replace(".", "")
    if -7 < power < 0:
        return f"{sign}0.{'0' * (-power - 1)}{whole}"
    return f"{digits}e{power:+d}"


class Sector:
    """sector.toml with the files that it names: `content`, `chains` of the border, `keep_in` (all lon, lat)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.content = tomllib.loads(read(path).decode())
        except (ValueError, RecursionError) as problem:
            raise Unreadable(f"{path}: {problem}") from None
        c = self.content
        try:
            self.names = [c["border"]["file"], *([c["keep_in"]["file"]] if "file" in c["keep_in"] else [])]
            self.names += [part["file"] for kind in ("zones", "roads") for part in c.get(kind, [])]
            self.names += [c["terrain"][key] for key in ("file", "geoid_file") if key in c["terrain"]]
            self.terrain = self.resolved(c["terrain"]["file"])
            self.chains = lines_of(read_json(read(self.resolved(c["border"]["file"])), c["border"]["file"]))
            self.keep_in = self._keep_in(c["keep_in"])
        except (KeyError, TypeError, IndexError, AttributeError) as problem:
            raise Unreadable(f"{path}: {type(problem).__name__} {problem}") from None

    def resolved(self, name: str) -> Path:
        def value(match: re.Match[str]) -> str:
            given = os.environ.get(match[1])
            beside = (p / "shared" / "data" for p in self.path.resolve().parents)
            found = given or next((str(p) for p in beside if p.is_dir()), None)
            if found is None:
                raise Unreadable(f"{self.path}: ${{{match[1]}}} is not set")
            return found

        return (self.path.resolve().parent / re.sub(r"\$\{(\w+)\}", value, name)).resolve()

    def hash(self) -> str:
        """As the plan names it: of the content and of every file that it names."""
        return sha256(canonical({"content": self.content, "files": {n: sha256(read(self.resolved(n))) for n in self.names}}))

    def _keep_in(self, keys: dict[str, Any]) -> list[list[float]]:
        if "file" not in keys:
            west, south, east, north = (float(keys[f"{s}_deg"]) for s in ("west", "south", "east", "north"))
            return [[west, south], [east, south], [east, north], [west, north]]
        rings = [ring for kind, c in _geometries(read_json(read(self.resolved(keys["file"])), keys["file"]))
                 for ring in ([c[0]] if kind == "Polygon" else [p[0] for p in c] if kind == "MultiPolygon" else [])]  # fmt: skip
        return [point for ring in rings for point in ring]


def lines_of(geojson: Any) -> list[list[list[float]]]:
    """Every line of a GeoJSON file, lon, lat."""
    lines = [line for kind, c in _geometries(geojson)
             for line in ([c] if kind == "LineString" else c if kind == "MultiLineString" else [])]  # fmt: skip
    return [[[float(p[0]), float(p[1])] for p in line] for line in lines]


def _geometries(value: Any) -> list[tuple[str, Any]]:
    kind = value["type"]
    if kind in ("FeatureCollection", "GeometryCollection"):
        return [found for part in value["features" if kind[0] == "F" else "geometries"] for found in _geometries(part)]
    if kind == "Feature":
        return _geometries(value["geometry"]) if value["geometry"] else []
    return [(kind, value["coordinates"])]
