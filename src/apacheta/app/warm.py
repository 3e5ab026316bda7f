"""`apacheta warm`: compile every kernel into the cache and build the generated pass, so that nothing waits later."""

import argparse
import importlib
import pkgutil
import sys
from typing import Any

from .answer import Answer, run_to_answer, show
from .folders import cache_folder

SCHEMA = "apacheta/warm/1"
KEYS = ("modules", "sector", "cache")
KERNEL_ROOMS = ("apacheta.kernels", "apacheta.sim.world", "apacheta.sim.night")


def command(arguments: argparse.Namespace) -> int:
    """Warm the caches."""
    answer = Answer(SCHEMA, KEYS)
    run_to_answer(answer, lambda a: _warm(a, arguments.seed))
    return show(answer, arguments.json, lambda body: f"warm: {body['modules']} modules, cache in {body['cache']}")


def _warm(answer: Answer, seed: int) -> None:
    from .exercise import generated_pass

    modules = warm_kernels()
    exercise = generated_pass(seed, _tell)
    body: dict[str, Any] = {"modules": modules, "sector": str(exercise.sector), "cache": str(cache_folder())}
    answer.body |= body


def warm_kernels() -> int:
    """Compile what is not in the cache yet; how many modules were looked at."""
    names = [name for room in KERNEL_ROOMS for name in _modules(room)]
    for name in names:
        importlib.import_module(name)
    return len(names)


def _modules(room: str) -> list[str]:
    package = importlib.import_module(room)
    return [room, *(f"{room}.{m.name}" for m in pkgutil.iter_modules(package.__path__))]


def _tell(share: float, text: str) -> None:
    sys.stderr.write(f"\r{share:4.0%} {text:40.40}" + ("\n" if share >= 1 else ""))
    sys.stderr.flush()
