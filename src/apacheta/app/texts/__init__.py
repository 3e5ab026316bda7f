"""Every sentence that the app shows, in Spanish and in English, apart from the code that shows it.

A catalogue is a TOML file of sections (`[plan]`, `[demo]`, `[report]`); `Texts("es")("report.title")` gives the
sentence, `{named}` places filled from the arguments. A sentence that is not there is our bug and is named.
"""

import math
import os
import tomllib
from importlib.resources import files

LANGUAGES = ("es", "en")
DEFAULT_LANGUAGE = "es"
_THIN_SPACE = "\u202f"


def language_of(wanted: str | None = None) -> str:
    """The language to speak: the argument, else APACHETA_LANG, else Spanish. `es_BO.UTF-8` counts as `es`."""
    asked = (wanted or os.environ.get("APACHETA_LANG") or DEFAULT_LANGUAGE).lower()[:2]
    return asked if asked in LANGUAGES else DEFAULT_LANGUAGE


def catalogue(language: str) -> dict[str, str]:
    """All sentences of one language under dotted keys: `report.title`."""
    with files(__name__).joinpath(f"{language}.toml").open("rb") as source:
        return dict(_flat(tomllib.load(source), ""))


def _flat(table: dict[str, object], prefix: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, dict):
            found += _flat(value, f"{prefix}{key}.")
        else:
            found.append((f"{prefix}{key}", str(value)))
    return found


class Texts:
    """One language's sentences and its way of writing numbers."""

    def __init__(self, language: str | None = None) -> None:
        self.language = language_of(language)
        self._sentences = catalogue(self.language)

    def __call__(self, key: str, /, **values: object) -> str:
        """The sentence at `key`. KeyError names the key that is missing, or the `{place}` that was not filled."""
        try:
            sentence = self._sentences[key]
        except KeyError:
            raise KeyError(f"no text {key!r} in {self.language}.toml") from None
        try:
            return sentence.format(**values)
        except KeyError as place:
            raise KeyError(f"text {key!r} in {self.language}.toml needs {place}") from None

    def has(self, key: str) -> bool:
        """Whether the catalogue has the key: for names that come from data."""
        return key in self._sentences

    def number(self, value: float | None, decimals: int = 0) -> str:
        """`12 345,6` in Spanish, `12,345.6` in English; unknown (None, NaN) is a dash, never a zero."""
        if value is None or math.isnan(value):
            return "–"
        plain = f"{value:,.{decimals}f}".replace("-", "−")
        if self.language == "en":
            return plain
        return plain.replace(",", _THIN_SPACE).replace(".", ",")
