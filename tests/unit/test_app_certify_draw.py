"""`apacheta certify --post`: a draw as it should be passes; each thing that is otherwise is refused in its words."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from draw_stage import (
    OTHER,
    SEED,
    entry,
    flight,
    flown,
    kept,
    night,
    other_tour,
    plan_drawn,
    planned,
    revealed,
    with_slot,
    without,
)  # fmt: skip

from apacheta.account import entry_bytes
from apacheta.app.certify.draw import wrong_beside, wrong_in_log
from apacheta.app.cli import main
from apacheta.app.draw import told
from apacheta.core.entries import Entry
from apacheta.core.errors import InputFault
from apacheta.core.place import GeoPoint, HaeM
from apacheta.core.plan import Choice, Slot, Stare, WatchPlan
from apacheta.formats.canonical import canonical_bytes, sha256_hex
from apacheta.formats.plan_json import decode_plan, encode_plan
from apacheta.plan.draw import picked

PLAN, OLD = plan_drawn(), plan_drawn(draw_sha256=None, draw_blind=None)


def wrong(plan: WatchPlan, entries: list[Entry]) -> str | None:
    return wrong_in_log(plan, sha256_hex(encode_plan(plan)), list(told(map(entry_bytes, entries))))


def certified(capsys: pytest.CaptureFixture[str], plan: Path, *words: object) -> tuple[int, dict[str, Any]]:
    code = main(["certify", str(plan), *map(str, words), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_a_night_as_it_should_be_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    post = flown(tmp_path, PLAN, night(PLAN))
    code, answer = certified(capsys, post.plan, "--post", tmp_path)
    assert (code, answer["draw"], answer["first_failure"]) == (0, "log", None), answer["errors"]
    assert (answer["claimed_detection"], answer["certified_detection"]) == (None, None)
    assert main(["certify", str(post.plan), "--post", str(tmp_path), "--lang", "en"]) == 0
    assert "before the first flight" in capsys.readouterr().out


def test_a_tour_that_was_chosen_is_found_though_all_hashes_fit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = with_slot(PLAN, drawn=other_tour(PLAN))
    post = flown(tmp_path, chosen, night(chosen))
    code, answer = certified(capsys, post.plan, "--post", tmp_path)
    text = f"slot-01 draws {PLAN.slots[0].drawn} from the seed, the plan says {other_tour(PLAN)}."
    assert (code, answer["first_failure"]) == (1, text)
    assert main(["certify", str(post.plan), "--post", str(tmp_path), "--lang", "en"]) == 1
    assert text in capsys.readouterr().out


@pytest.mark.parametrize(
    ("plan", "entries", "says"),
    [
        (PLAN, without(night(PLAN), "draw"), "does not tell the draw's seed yet"),
        (PLAN, [planned(PLAN)], "does not tell the draw's seed yet"),
        (PLAN, [planned(PLAN), *flight(), revealed(PLAN), *flight("A2")], "entry 3, before the last landing (entry 5)"),
        (PLAN, [planned(PLAN), flight()[0], revealed(PLAN), flight()[1]], "entry 2, before the last landing (entry 3)"),
        (PLAN, [planned(PLAN), *flight("A2"), flight()[0], revealed(PLAN)], "nothing says that A1 has landed"),
        (PLAN, [*flight(), planned(PLAN), revealed(PLAN)], "in entry 0, before the plan was in the log (entry 2)"),
        (PLAN, [flight()[0], planned(PLAN), flight()[1], revealed(PLAN)], "opened in entry 0, before the plan"),
        (PLAN, [planned(PLAN, draw_sha256="0" * 64), revealed(PLAN)], "commits to another draw"),
        (PLAN, [planned(PLAN, draw_sha256=None), revealed(PLAN)], "commits to another draw"),
        (PLAN, [planned(PLAN), revealed(PLAN, seed=OTHER.hex())], "does not give the hash"),
        (PLAN, [planned(PLAN), revealed(PLAN, seed="no hex")], "does not give the hash"),
        (PLAN, [planned(PLAN), revealed(PLAN, seed=SEED.hex() + "00")], "does not give the hash"),
        (PLAN, [], "knows nothing of this plan"),
        (PLAN, night(plan_drawn(OTHER)), "knows nothing of this plan"),
        (OLD, without(night(OLD), "draw"), "commits to no draw"),
        (PLAN, [planned(PLAN), revealed(plan_drawn(OTHER), seed=OTHER.hex())], "does not give the hash"),
        (plan_drawn(draw_blind=None), night(plan_drawn(draw_blind=None)), "draw_blind"),
    ],
)  # fmt: skip
def test_what_is_otherwise_in_a_log_is_said(plan: WatchPlan, entries: list[Entry], says: str) -> None:
    assert says in str(wrong(plan, entries))


@pytest.mark.parametrize("chances", [(0.5, 0.5), (0.25,) * 4, (0.1,) * 3, (-0.5, 0.75, 0.75), (0.5,) * 3, ()])
def test_probabilities_of_no_lottery_are_refused(chances: tuple[float, ...]) -> None:
    plan = with_slot(PLAN, probabilities=chances)
    assert "slot-01 are those of no lottery" in str(wrong(plan, night(plan)))


def test_a_seed_that_an_older_watch_told_is_no_secret_in_the_next() -> None:
    """The same exercise twice in one post: the first watch's draw stands, the second's could be foretold."""
    second = [planned(PLAN, "watch-2"), *flight("A1", "watch-2"), revealed(PLAN, "watch-2")]
    assert wrong(PLAN, night(PLAN)) is None
    assert wrong(PLAN, [*night(PLAN), *second]) == "the seed was told in entry 6, before the last landing (entry 9)."


def test_other_watches_of_the_post_do_not_matter() -> None:
    other = plan_drawn(OTHER)
    older = [planned(other, "watch-0"), *flight("A1", "watch-0")]
    newer = [planned(other, "watch-2"), *flight("A1", "watch-2")]
    assert wrong(PLAN, [*older, *night(PLAN), *newer]) is None


def test_a_log_that_does_not_verify_shows_nothing_and_no_post_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    post = flown(tmp_path / "post", PLAN, night(PLAN))
    (bundle,) = (post.log / "tile" / "entries" / "000.p").iterdir()
    bundle.write_bytes(bundle.read_bytes().replace(SEED.hex().encode(), OTHER.hex().encode()))
    code, answer = certified(capsys, post.plan, "--post", post.folder)
    assert (code, answer["first_failure"][:29]) == (1, "the post's log does not verif")
    code, answer = certified(capsys, post.plan, "--post", tmp_path)
    assert (code, answer["errors"][0]["code"]) == (3, "not_a_post")


def test_beside_the_plan_the_same_is_asked_of_its_draws(tmp_path: Path) -> None:
    def beside(plan: WatchPlan, seed: bytes, name: str = "plan.json") -> str | None:
        post = kept(tmp_path, plan, seed)
        path = post.plan.with_name(name)
        path.write_bytes(post.plan.read_bytes())
        return wrong_beside(plan, sha256_hex(encode_plan(plan)), path)

    assert beside(PLAN, SEED) is None
    assert "does not give the hash" in str(beside(PLAN, OTHER))
    assert "slot-01 draws" in str(beside(with_slot(PLAN, drawn=other_tour(PLAN)), SEED))
    with pytest.raises(FileNotFoundError):
        beside(PLAN, SEED, "tonight.json")
    changed = msgspec.structs.replace(PLAN, planned_km2=1.0)
    kept(tmp_path, changed)
    assert wrong_beside(PLAN, sha256_hex(encode_plan(PLAN)), tmp_path / "plans" / "plan.json") == (
        "draw.json is of another plan."
    )
    (tmp_path / "plans" / "draw.json").write_bytes(b"[]")
    with pytest.raises(InputFault):
        wrong_beside(PLAN, "", tmp_path / "plans" / "plan.json")


def test_a_plan_without_a_claim_and_a_post_has_nothing_to_certify(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, answer = certified(capsys, kept(tmp_path, PLAN).plan)
    assert (code, answer["errors"][0]["code"], answer["draw"]) == (3, "no_game", None)


def test_an_entry_of_the_night_that_has_nothing_to_do_with_draws_is_passed_over() -> None:
    assert wrong(PLAN, [entry("looks"), *night(PLAN), entry("fault"), entry("log_close")]) is None


def test_aims_that_are_drawn_are_asked_stare_by_stare() -> None:
    plan, stares = _by_lot()
    assert wrong(plan, night(plan)) is None
    for n, stare in enumerate(stares):
        other = next(aim for aim in plan.tours[0].aims if aim != stare.aim)
        for changed in ({"aim": other}, {"from_along_m": 7.0}, {"to_along_m": 7.0}):
            chosen = with_slot(plan, stares=(*stares[:n], msgspec.structs.replace(stare, **changed), *stares[n + 1 :]))
            assert f"stare {n + 1} of slot-01 is not" in str(wrong(chosen, night(chosen)))
    fewer = with_slot(plan, stares=stares[1:])
    assert "has 5 stares drawn, its tour has 6" in str(wrong(fewer, night(fewer)))
    unasked = with_slot(PLAN, stares=stares)
    assert "has 6 stares drawn, its tour has 0" in str(wrong(unasked, night(unasked)))


def _by_lot() -> tuple[WatchPlan, tuple[Stare, ...]]:
    """The plan with six stares to draw on every tour, each from one of two lots; and the first slot's as drawn."""
    aims = tuple(GeoPoint(lat_deg=float(n), lon_deg=0.0, alt_hae_m=HaeM(0.0)) for n in range(5))
    lots = ((0, 1, 2, 3, 4), (1, 3))
    choices = tuple(Choice(from_along_m=100.0 * n, to_along_m=100.0 * n + 50.0, lot=n % 2) for n in range(6))
    tours = tuple(msgspec.structs.replace(tour, aims=aims, lots=lots, choices=choices) for tour in PLAN.tours)

    def drawn(slot: Slot) -> tuple[Stare, ...]:
        taken = (aims[lots[c.lot][picked(SEED, slot.id, n, len(lots[c.lot]))]] for n, c in enumerate(choices))
        return tuple(
            Stare(
                from_along_m=c.from_along_m, to_along_m=c.to_along_m, aim=aim, slant_range_m=1.0, depression_deg=1.0,
                gsd_m=0.3,
            )
            for c, aim in zip(choices, taken, strict=True)
        )  # fmt: skip

    slots = tuple(msgspec.structs.replace(slot, stares=drawn(slot)) for slot in PLAN.slots)
    return msgspec.structs.replace(PLAN, tours=tours, slots=slots), slots[0].stares


@pytest.mark.parametrize(("lots", "lot"), [(((0, 5),), 0), (((-1,),), 0), (((),), 0), (((0,),), 1), (((0,),), -1)])
def test_a_tour_whose_choices_name_nothing_of_it_is_refused(lots: tuple[tuple[int, ...], ...], lot: int) -> None:
    aims = tuple(GeoPoint(lat_deg=0.0, lon_deg=0.0, alt_hae_m=HaeM(0.0)) for _ in range(5))
    tours = [msgspec.to_builtins(msgspec.structs.replace(PLAN.tours[0], aims=aims))]
    tours[0] |= {"lots": lots, "choices": [{"from_along_m": 0.0, "to_along_m": 1.0, "lot": lot}]}
    data = canonical_bytes(msgspec.to_builtins(PLAN) | {"tours": tours})
    with pytest.raises(InputFault, match="names no lot of it, or a lot no aim"):
        decode_plan(data, "plan.json")
