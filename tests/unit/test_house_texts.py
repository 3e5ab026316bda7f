"""The text catalogue: two languages that say the same things."""

import string

import pytest

from apacheta.app.texts import LANGUAGES, Texts, catalogue, language_of


def places(sentence: str) -> set[str]:
    """The `{names}` that a sentence needs."""
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_both_languages_have_the_same_keys() -> None:
    spanish, english = (set(catalogue(language)) for language in LANGUAGES)
    assert spanish ^ english == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty(language: str) -> None:
    assert [key for key, sentence in catalogue(language).items() if not sentence.strip()] == []


def test_a_sentence_needs_the_same_values_in_both_languages() -> None:
    spanish, english = (catalogue(language) for language in LANGUAGES)
    assert {k for k in spanish if places(spanish[k]) != places(english[k])} == set()


def test_a_missing_key_is_named() -> None:
    with pytest.raises(KeyError, match=r"report\.nowhere.*es\.toml"):
        Texts("es")("report.nowhere")


def test_a_place_left_unfilled_is_named() -> None:
    with pytest.raises(KeyError, match="accuracy"):
        Texts("en")("report.map.caption")


@pytest.mark.parametrize(
    ("wanted", "setting", "spoken"),
    [(None, None, "es"), (None, "en", "en"), ("es", "en", "es"), (None, "en_GB.UTF-8", "en"), ("fr", None, "es")],
)
def test_the_argument_wins_then_the_environment_then_spanish(
    monkeypatch: pytest.MonkeyPatch, wanted: str | None, setting: str | None, spoken: str
) -> None:
    monkeypatch.delenv("APACHETA_LANG", raising=False)
    if setting:
        monkeypatch.setenv("APACHETA_LANG", setting)
    assert language_of(wanted) == spoken


def test_numbers_are_written_as_the_language_writes_them() -> None:
    assert Texts("es").number(-12345.678, 1) == "−12\u202f345,7"
    assert Texts("en").number(-12345.678, 1) == "−12,345.7"


def test_an_unknown_number_is_a_dash_never_a_zero() -> None:
    assert Texts("es").number(None) == Texts("es").number(float("nan")) == "–"
