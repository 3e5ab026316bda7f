"""The plan's pictures say what they must say even when they are cut out of the page."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.figure import Figure
from sectors import MANDATE, SECTOR, changed, two_valleys

from apacheta.app.loading import load_mandate, load_sector, load_world
from apacheta.app.plan_page import pictures
from apacheta.app.report.ink import LIGHT
from apacheta.app.texts import Texts

EXERCISE, COARSE = "EXERCISE: not for a real watch", "DEMONSTRATION ONLY: the border line may be off by 1.2 km"


@pytest.mark.parametrize(
    ("exercise", "accuracy_m", "wanted"),
    [
        ("true", 1_200, f"{EXERCISE}\n{COARSE}"),
        ("true", 30, EXERCISE),
        ("false", 1_200, COARSE),
        ("false", 1_000, None),
    ],
)
def test_a_map_says_that_it_is_for_demonstration_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exercise: str, accuracy_m: int, wanted: str | None
) -> None:
    path = two_valleys(
        tmp_path,
        sector=changed(SECTOR, "accuracy_m = 30", f"accuracy_m = {accuracy_m}"),
        mandate=changed(MANDATE, "exercise = true", f"exercise = {exercise}"),
    )
    said = words_on_the_map(path, monkeypatch)
    assert [text for text in said if "EXERCISE" in text or "ONLY" in text] == ([wanted] if wanted else [])


def words_on_the_map(path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text in the axes of the sector's map, of a plan without tours."""
    drawn: list[Figure] = []
    monkeypatch.setattr(pictures, "picture", drawn.append)
    sector, mandate = load_sector(path), load_mandate(path.parent / "mandate.toml")
    world = load_world(sector, path)
    none = np.zeros(world.dem.height_hae_m.shape, np.bool_)
    result = SimpleNamespace(flown={}, watched=none, drawn_watched=none, plan=SimpleNamespace(slots=()))
    pictures.sector_map(pictures.scene_of(result, sector, mandate, world), LIGHT, Texts("en"))
    return [text.get_text() for axes in drawn[0].axes for text in axes.texts]
