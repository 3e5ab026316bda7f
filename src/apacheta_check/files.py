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
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as problem:
        raise Unreadable(f"{name}: {problem}") from None


def canonical(value: Any) -> bytes:
    """RFC 8785: keys in order, no spaces, numbers as ECMAScript writes them; TOML's dates as ISO 8601."""
    if isinstance(value, dict):
        items = sorted(value.items(), key=lambda item: item[0].encode("utf-16-be"))
        return b"{" + b",".join(canonical(k) + b":" + canonical(v) for k, v in items) + b"}"
    if isinstance(value, list | tuple):
        return b"[" + b",".join(canonical(v) for v in value) + b"]"
    if isinstance(value, float):
        return _number(value).encode()
    plain = value if isinstance(value, str | bool | int) or value is None else value.isoformat()
    return json.dumps(plain, ensure_ascii=False).encode()


def _number(value: float) -> str:
    if abs(value) < 1e21 and value == int(value):
        return str(int(value))
    digits, _, exponent = repr(value).partition("e")
    if exponent and -7 < int(exponent) < 0:
        return f"{'-' * (value < 0)}0.{'0' * (-int(exponent) - 1)}{digits.lstrip('-').replace('.', '')}"
    return f"{digits}e{int(exponent):+d}" if exponent else digits


class Sector:
    """sector.toml and what it names: `content`; `chains` of the border and ring `keep_in`, lon, lat; `terrain`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.content = c = tomllib.loads(read(path).decode())
            self.names = [c["border"]["file"], *(k["file"] for k in [c["keep_in"]] if "file" in k)]
            self.names += [part["file"] for kind in ("zones", "roads") for part in c.get(kind, [])]
            self.names += [c["terrain"][key] for key in ("file", "geoid_file") if key in c["terrain"]]
            self.terrain = self.resolved(c["terrain"]["file"])
            lines = self._parts(c["border"]["file"], "Line")
            self.chains = [[[float(p[0]), float(p[1])] for p in line] for line in lines]
            k = c["keep_in"]
            box = None if "file" in k else [[float(k[f"{a}_deg"]), float(k[f"{b}_deg"])] for a in ("west", "east")
                                            for b in ("south", "north")]  # fmt: skip
            self.keep_in = box or [point for polygon in self._parts(k["file"], "Polygon") for point in polygon[0]]
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as problem:
            raise Unreadable(f"{path}: {type(problem).__name__} {problem}") from None

    def resolved(self, name: str) -> Path:
        def value(match: re.Match[str]) -> str:
            beside = (str(p / "shared/data") for p in self.path.resolve().parents if (p / "shared/data").is_dir())
            return os.environ.get(match[1]) or next(beside, match[0])

        return (self.path.resolve().parent / re.sub(r"\$\{(\w+)\}", value, name)).resolve()

    def hash(self) -> str:
        """As the plan names it: of the content, and of every file that it names."""
        files = {name: sha256(read(self.resolved(name))) for name in self.names}
        return sha256(canonical({"content": self.content, "files": files}))

    def _parts(self, name: str, kind: str) -> list[Any]:
        """The coordinates of every line, or every polygon, of a GeoJSON file."""

        def walk(value: Any) -> list[Any]:
            inner = value.get("features", value.get("geometries")) or [g for g in [value.get("geometry")] if g]
            shape = value["type"]
            own = value["coordinates"] if shape.startswith("Multi") and kind in shape else None
            own = [value["coordinates"]] if own is None and shape.startswith(kind) else own or []
            return own + [part for g in inner for part in walk(g)]

        return walk(read_json(read(self.resolved(name)), name))
