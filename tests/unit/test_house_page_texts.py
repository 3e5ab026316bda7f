"""The page says nothing of its own: every sentence comes from the catalogue, and every `page.*` sentence is said."""

import re
from pathlib import Path

import pytest

from apacheta.app.texts import LANGUAGES, catalogue

WEB = Path(__file__).parents[2] / "web" / "src"
SOURCE = Path(__file__).parents[2] / "src" / "apacheta"
SOURCES = sorted(p for p in WEB.rglob("*") if p.suffix in (".ts", ".svelte") and not p.name.endswith(".test.ts"))
COMPONENTS = [p for p in SOURCES if p.suffix == ".svelte"]

KEY = re.compile(r"""(["'`])(page\.(?:(?!\1).)+)\1""")
CALL = re.compile(r"""\bt\(\s*(["'`])((?:(?!\1).)+)\1""")
NAMED = re.compile(r"""\bnamed\(\s*"(\w+)",""")
PLACE = re.compile(r"\$\{[^}]*\}")
LINE = re.compile(r"M[\d .]+[MmLlHhVvCcSsQqTtAaZz\d .-]*")
"""An icon's line, as SVG writes it."""
ARIA = ("aria-label", "aria-description", "aria-roledescription", "aria-valuetext")
SPOKEN = ("title", "placeholder", "alt", "label", *ARIA)
NAMES = {"Apacheta", "UTC", "UTM", "MGRS", "Esc", "km²"}
"""What is written alike in every language: names, units, keys."""


def keys_in(source: str) -> set[str]:
    """The keys that a source asks for; `*` stands for a part that is known only when the page runs."""
    templates = {m[2] for m in CALL.finditer(source)} | {m[2] for m in KEY.finditer(source)}
    asked = {PLACE.sub("*", key) for key in templates} | {f"page.{m[1]}.*" for m in NAMED.finditer(source)}
    return {key for key in asked if not key.startswith("page.*")}


def is_asked(key: str, asked: str) -> bool:
    return re.fullmatch(re.escape(asked).replace(r"\*", r"[^.]+"), key) is not None


def text_of(component: str) -> list[str]:
    """The words that a component holds itself: between its tags, and in attributes that people hear or see."""
    markup = re.sub(r"<!--.*?-->|<(script|style)\b.*?</\1>", "", component, flags=re.DOTALL)
    markup = without_braces(markup)
    said = re.sub(r"<[^<>]*>", "\n", markup).split("\n")
    said += [m[2] for m in re.finditer(rf"""\s({"|".join(SPOKEN)})=["']([^"']*)["']""", markup)]
    words = [word for line in said for word in line.split()]
    return [word for word in words if word not in NAMES and re.search(r"[^\W\d_]{2,}", re.sub(r"&\w+;", "", word))]


def without_braces(markup: str) -> str:
    """Without what Svelte computes. A sentence within braces, such as {ok ? "Good" : "Bad"}, stays as its words."""
    kept, depth, start = "", 0, 0
    for at, sign in enumerate(markup):
        if sign == "{":
            start, depth = (at if depth == 0 else start), depth + 1
        elif sign == "}":
            depth -= 1
            kept += sentences_in(markup[start:at]) if depth == 0 else ""
        elif depth == 0:
            kept += sign
    return kept


def sentences_in(expression: str) -> str:
    """String literals that look like words for people: with a capital letter or a space in them, no key and no line."""
    literals = [one for one in re.findall(r'"([^"]*)"', expression) if not LINE.fullmatch(one)]
    said = [one for one in literals if re.search(r"[A-ZÁÉÍÓÚÑ]\w|\w \w", one)]
    return " ".join(one for one in said if not one.startswith("apacheta"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_that_the_page_asks_for_is_there(language: str) -> None:
    known = catalogue(language)
    asked = {(path.name, key) for path in SOURCES for key in keys_in(path.read_text())}
    assert sorted((name, key) for name, key in asked if not any(is_asked(k, key) for k in known)) == []


def test_no_sentence_of_the_page_is_unused() -> None:
    asked = {key for path in SOURCES for key in keys_in(path.read_text())}
    ours = [key for key in catalogue("es") if key.startswith("page.")]
    assert [key for key in ours if not any(is_asked(key, one) for one in asked)] == []


def test_the_page_knows_the_names_that_our_generator_gives() -> None:
    """Else a generated night would be in English on a Spanish page, where `generated.ts` calls it otherwise."""
    page = (WEB / "generated.ts").read_text()
    makers = ("app/exercise.py", "sim/world/recipe.py", "sim/world/places.py")
    maker = "".join((SOURCE / path).read_text() for path in makers)
    for ours in ("generated pass {seed}", "Apacheta exercise", "patrol {v.name}", "edge of {v.name}"):
        assert ours in maker
        assert ours.split("{")[0] in page


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda path: path.name)
def test_a_component_holds_no_text_of_its_own(component: Path) -> None:
    assert text_of(component.read_text()) == []


@pytest.mark.parametrize(
    ("component", "found"),
    [
        ("<p>Alertas</p>", ["Alertas"]),
        ('<button title="Cerrar">{t("page.close")}</button>', ["Cerrar"]),
        ("<input placeholder='una nota' />", ["una", "nota"]),
        ('{ok ? "All well" : "Broken"}', ["All", "well", "Broken"]),
        ('<p class="soft">{t("page.x", { n: "1" })} · <b>{n}</b> UTC</p>', []),
        ('<script>const a = "Words";</script><style>.Words {}</style><!-- Words -->', []),
        ("{#if a > b}<p>{x}</p>{:else}{/if}", []),
        ('{@render tool("M3 16 16 3l5 5L8 21ZM7 12l2 2")}{@render tool("More")}', ["More"]),
    ],
)
def test_the_finder_finds_text_and_only_text(component: str, found: list[str]) -> None:
    assert sorted(text_of(component)) == sorted(found)


def test_the_finder_of_keys_reads_calls_names_and_templates() -> None:
    source = 't("page.a.b"); t(`page.state.${one}`); words.named("rule", x); ({ text: "page.keys.c" }); t("nonsense")'
    assert keys_in(source) == {"page.a.b", "page.state.*", "page.rule.*", "page.keys.c", "nonsense"}
    assert is_asked("page.state.open", "page.state.*")
    assert not is_asked("page.state.open.more", "page.state.*")
