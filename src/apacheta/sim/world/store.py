"""A world as one .npz file: written beside its place and renamed into it, so that no half file is ever read."""

import contextlib
import dataclasses
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from ...core.errors import EnvironmentFault, InputFault
from .model import WORLD_VERSION, Site, Undulation, Village, Way, World

_FORMAT = "world/1"


def save_world(world: World, folder: Path, file_name: str) -> Path:
    """Write the world to folder/file_name (made if need be) and return the path.

    EnvironmentFault when the disk does not take it; then nothing is left behind. A writer that was killed leaves a
    hidden .part file, which the next one removes.
    """
    path = folder / file_name
    part = folder / f".{file_name}.{os.getpid()}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove_left_parts(folder, file_name)
        with part.open("wb") as file:
            np.savez(file, **_arrays(world))  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise EnvironmentFault(
            "world_not_saved",
            f"The simulated world could not be saved: {error.strerror}.",
            file=str(path),
            remedy="Free some 100 MB there or choose another cache folder.",
        ) from error
    return path


def load_world(path: Path) -> World:
    """Read a saved world. InputFault when the file is missing, damaged or of another version."""
    remedy = "Delete it; it is generated anew."
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            head = json.loads(str(file["head"]))
            if head["format"] != _FORMAT or head["version"] != WORLD_VERSION:
                raise InputFault(
                    "world_version", "The saved world is of another version.", file=str(path), remedy=remedy
                )
            return _world(head, {name: file[name] for name in file.files if name != "head"})
    except FileNotFoundError as error:
        raise InputFault("world_missing", "There is no saved world.", file=str(path), remedy="Generate it.") from error
    except (zipfile.BadZipFile, EOFError, KeyError, TypeError, ValueError, OSError) as error:
        raise InputFault("world_damaged", "The saved world is damaged.", file=str(path), remedy=remedy) from error


def _remove_left_parts(folder: Path, file_name: str) -> None:
    for left in folder.glob(f".{file_name}.*.part"):
        process = left.name.split(".")[-2]
        if not (process.isdigit() and _alive(int(process))):
            left.unlink(missing_ok=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _arrays(world: World) -> dict[str, Any]:
    """The arrays by name, and under `head` the rest as JSON."""
    arrays: dict[str, Any] = {}
    head: dict[str, Any] = {"format": _FORMAT}
    for field in dataclasses.fields(world):
        value = getattr(world, field.name)
        if isinstance(value, np.ndarray):
            arrays[field.name] = value
        elif field.name == "border":
            head["border"] = len(value)
            arrays.update({f"border_{i}": chain for i, chain in enumerate(value)})
        elif field.name == "ways":
            head["ways"] = [[way.name, way.kind] for way in value]
            arrays.update({f"way_{i}": way.chain for i, way in enumerate(value)})
        elif field.name in ("villages", "goals", "bases", "relays"):
            head[field.name] = [dataclasses.astuple(place) for place in value]
        elif field.name == "undulation":
            head[field.name] = dataclasses.astuple(value)
        else:
            head[field.name] = value
    arrays["head"] = np.array(json.dumps(head))
    return arrays


def _world(head: dict[str, Any], arrays: dict[str, Any]) -> World:
    head = {name: value for name, value in head.items() if name != "format"}
    border = tuple(arrays.pop(f"border_{i}") for i in range(head["border"]))
    ways = tuple(Way(name, kind, arrays.pop(f"way_{i}")) for i, (name, kind) in enumerate(head["ways"]))
    sites = {name: tuple(Site(*place) for place in head[name]) for name in ("goals", "bases", "relays")}
    head |= sites | {
        "border": border,
        "ways": ways,
        "villages": tuple(Village(*place) for place in head["villages"]),
        "undulation": Undulation(*head["undulation"]),
        "own_side": tuple(head["own_side"]),
    }
    return World(**head, **arrays)
