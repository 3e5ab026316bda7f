"""The page: words and pictures put together."""

from .night import NightReport


def render(report: NightReport, language: str | None = None) -> str:
    """The whole report as one HTML text, in `es` or `en`."""
    raise NotImplementedError
