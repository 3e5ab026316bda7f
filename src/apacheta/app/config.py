"""`apacheta config`: each setting, its value, and where the value came from (flag, APACHETA_*, post.toml, default)."""

import argparse
import os
import tomllib
from pathlib import Path
from typing import Any

from .answer import Answer, run_to_answer, show
from .folders import cache_folder

SETTINGS = {
    "lang": ("APACHETA_LANG", "es"),
    "key": ("APACHETA_KEY", None),
    "shared_data": ("APACHETA_SHARED_DATA", None),
    "cache": ("XDG_CACHE_HOME", None),
}


def command(arguments: argparse.Namespace) -> int:
    """Print the settings."""
    answer = Answer("apacheta/config/1", ("settings",))
    run_to_answer(answer, lambda a: a.body.update(settings=_settings(arguments.post)))
    return show(answer, arguments.json, _summary)


def _settings(post: str | None) -> list[dict[str, Any]]:
    kept = tomllib.loads((Path(post) / "post.toml").read_text(encoding="utf-8")) if post else {}
    return [_setting(name, variable, default, kept) for name, (variable, default) in SETTINGS.items()]


def _setting(name: str, variable: str, default: str | None, kept: dict[str, Any]) -> dict[str, Any]:
    if os.environ.get(variable):
        return {"name": name, "value": os.environ[variable], "from": variable}
    if name in kept:
        return {"name": name, "value": kept[name], "from": "post.toml"}
    value = str(cache_folder()) if name == "cache" else default
    return {"name": name, "value": value, "from": "default"}


def _summary(body: dict[str, Any]) -> str:
    return "\n".join(f"{s['name']:12} {s['value'] or '-'}  ({s['from']})" for s in body["settings"])
