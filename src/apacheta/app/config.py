"""`apacheta config`: each setting, the value that is in effect, and where it came from (a variable, or the default)."""

import argparse
import os
from typing import Any

from ..adapters.keys import default_key_file
from .answer import Answer, run_to_answer, show
from .folders import cache_folder
from .texts import language_of

SCHEMA = "apacheta/config/1"
KEYS = ("settings",)


def command(arguments: argparse.Namespace) -> int:
    """Print the settings."""
    answer = Answer(SCHEMA, KEYS)
    run_to_answer(answer, lambda a: a.body.update(settings=_settings()))
    return show(answer, arguments.json, _summary)


def _settings() -> list[dict[str, Any]]:
    return [
        _setting("lang", language_of(), *_heeded("APACHETA_LANG", language_of())),
        _setting("key", str(default_key_file()), "APACHETA_KEY", "XDG_CONFIG_HOME"),
        _setting("shared_data", os.environ.get("APACHETA_SHARED_DATA"), "APACHETA_SHARED_DATA"),
        _setting("cache", str(cache_folder()), "XDG_CACHE_HOME"),
    ]


def _setting(name: str, value: str | None, *variables: str) -> dict[str, Any]:
    """The value in effect, and the first of the variables that is set: it is what decided."""
    decided = (variable for variable in variables if os.environ.get(variable))
    return {"name": name, "value": value, "from": next(decided, "default")}


def _heeded(variable: str, language: str) -> tuple[str, ...]:
    """The variable, if what it asks for is what is spoken: other languages are not heeded."""
    return (variable,) if os.environ.get(variable, "").lower().startswith(language) else ()


def _summary(body: dict[str, Any]) -> str:
    return "\n".join(f"{s['name']:12} {s['value'] or '-'}  ({s['from']})" for s in body["settings"])
