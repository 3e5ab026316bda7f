"""The demo: a simulated night, flown, seen, alerted, accounted, verified and scored."""

from .command import command

__all__ = ["command"]
