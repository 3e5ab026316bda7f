"""Decoys' walks: read, refused, found between their fixes; and their passes through pictures."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from apacheta.app.calibrate.command import rows_of
from apacheta.app.calibrate.passing import LEAST_S, PAUSE_S, Pass, Passing
from apacheta.app.calibrate.walks import COLUMNS, FARTHEST_APART_S, Walk, load_walks
from apacheta.app.cli import main
from apacheta.core.errors import InputFault
from apacheta.core.instant import NS
from apacheta.plan.noticing import default_table

HEAD = ",".join(COLUMNS)
BEGIN = datetime(2026, 6, 21, 23, 6, 42, tzinfo=UTC)
BEGIN_NS = int(BEGIN.timestamp()) * NS


def file_of(folder: Path, *lines: str) -> Path:
    (folder / "walks.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / "walks.csv"


def test_walks_are_told_apart_and_placed_between_their_fixes(tmp_path: Path) -> None:
    ana, mules = load_walks(
        file_of(
            tmp_path,
            HEAD,
            "ana,walker,2026-06-21T23:06:42Z,-24.1,-66.2",
            "m,mule,2026-06-21T23:06:40+00:00,-24.0,-66.0",
            "ana,walker,2026-06-21T23:06:52Z,-24.2,-66.4",
            "m,mule,2026-06-21T23:07:42Z,-24.0,-66.0",
        )
    )
    assert (ana.name, ana.kind, mules.kind) == ("ana", "walker", "mule")
    assert ana.at(BEGIN_NS + 5 * NS) == pytest.approx((-24.15, -66.3))
    assert ana.at(BEGIN_NS - 1) is None
    assert ana.at(BEGIN_NS + 11 * NS) is None
    assert mules.at(BEGIN_NS + 5 * NS) is None, f"fixes {60} s apart say nothing, {FARTHEST_APART_S} s at most"


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ((), "columns"),
        (("walk,kind",), "columns"),
        ((HEAD, "ana,walker,2026-06-21T23:06:42Z,-24.1"), "line 2"),
        ((HEAD, "ana,runner,2026-06-21T23:06:42Z,-24.1,-66.2"), "line 2"),
        ((HEAD, "ana,walker,2026-06-21T23:06:42,-24.1,-66.2"), "line 2"),  # of which zone?
        ((HEAD, "ana,walker,yesterday,-24.1,-66.2"), "line 2"),
        ((HEAD, "ana,walker,2026-06-21T23:06:42Z,-94.1,-66.2"), "line 2"),
        ((HEAD, "ana,walker,2026-06-21T23:06:42Z,nan,-66.2"), "line 2"),
        ((HEAD, "ana,walker,2026-06-21T23:06:42Z,-24.1,-66.2"), "fewer than two"),
        ((HEAD, *(f"ana,{kind},2026-06-21T23:06:42Z,-24.1,-66.2" for kind in ("walker", "mule"))), "line 3"),
        ((HEAD, *["ana,walker,2026-06-21T23:06:42Z,-24.1,-66.2"] * 2), "do not rise"),
    ],
)
def test_what_is_no_walk_is_refused_with_its_line(tmp_path: Path, lines: tuple[str, ...], says: str) -> None:
    with pytest.raises(InputFault) as refused:
        load_walks(file_of(tmp_path, *lines))
    assert says in refused.value.line.text
    assert refused.value.line.remedy


def test_a_missing_file_and_one_that_is_no_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputFault, match="no such file"):
        load_walks(tmp_path / "none.csv")
    (tmp_path / "walks.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(InputFault, match="cannot be read"):
        load_walks(tmp_path / "walks.csv")


def test_a_pass_ends_with_a_pause_and_a_short_one_is_none() -> None:
    walk = Walk("ana", "walker", np.array([0, 1]), np.zeros(2), np.zeros(2))
    passing = Passing([walk], lambda: None)
    seen_s = [
        *np.arange(0.0, 6.1, 0.2),
        *np.arange(6.0 + PAUSE_S + 0.4, 11.0, 0.2),
        *np.arange(20.0, 20.0 + LEAST_S - 0.1, 0.2),
    ]
    for k, s in enumerate(seen_s):
        passing._in_view(walk, int(s * NS), 0.25)
        if k == 20:
            passing._noticed_ns["ana"] = int(s * NS)
    first, second = passing.passes()
    assert (first.dwell_s, first.noticed_after_s, first.gsd_m) == (pytest.approx(6.0), pytest.approx(4.0), 0.25)
    assert second.noticed_after_s is None, "he was noticed in the pass before"
    assert passing.passes() == [first, second]


def test_rows_count_every_pass_once() -> None:
    passes = [
        Pass("a", "walker", n, 14.0, gsd, 5.0 if n % 2 else None) for n, gsd in enumerate((0.1, 0.2, 0.25, 0.6, 3.0))
    ]
    rows = rows_of([*passes, Pass("m", "mule", 9, 14.0, 0.25, 5.0)], default_table())
    assert sum(row["passes"] for row in rows) == 6
    assert sum(row["noticed"] for row in rows) == 3
    assert rows[-1]["predicted"] == 0.0
    assert rows[-1]["gsd_to_m"] is None


def test_a_film_that_is_not_there_and_a_table_that_is_none_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    walks = file_of(tmp_path, HEAD, *(f"ana,walker,2026-06-21T23:06:4{n}Z,-24.1,-66.2" for n in (1, 2)))
    words = [
        "calibrate",
        str(tmp_path / "no.ts"),
        "--walks",
        str(walks),
        "--terrain",
        "d.tif",
        "--out",
        str(tmp_path / "o"),
    ]
    assert main(words) == 3
    assert "no.ts" in capsys.readouterr().err
    assert main([*words, "--looks", str(walks)]) == 3
    assert "columns" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()
