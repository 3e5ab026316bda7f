"""Whether a plan's tours were drawn from a seed that was committed to before the first flight, and told after it."""

import os
from collections.abc import Sequence
from pathlib import Path

from ...core.errors import InputFault
from ...core.plan import Slot, Tour, WatchPlan
from ...plan.draw import blinding, drawn_index, picked
from .. import verify
from ..draw import Told, draw_beside, load_draw, seed_for, told
from ..post import Post

SAME = 1e-9
"""By so much rounding may keep a lottery's sum from 1."""
FLIGHTS = ("flight_open", "flight_close")
NO_COMMITMENT = "the plan commits to no draw."


def wrong_in_post(plan: WatchPlan, plan_sha256: str, folder: Path) -> str | None:
    """What is otherwise with the plan's draw by the log of a post; None if nothing. Raises InputFault `not_a_post`."""
    from ...console.log_reader import LogReader

    if not (folder / "post.toml").is_file():
        remedy = "Name the post in which this plan was flown."
        raise InputFault("not_a_post", "there is no post here.", file=str(folder), field="--post", remedy=remedy)
    if verify.run(folder)[1] != 0:
        return "the post's log does not verify: `apacheta verify` says what is wrong with it."
    entries = LogReader(Post(folder).log).since(0)
    return wrong_in_log(plan, plan_sha256, list(told(data for _, data in entries)))


def wrong_in_log(plan: WatchPlan, plan_sha256: str, entries: Sequence[Told]) -> str | None:
    """What is otherwise by a log's entries, in each watch that was held with this plan; None if nothing."""
    begins = [e for e in entries if e.kind == "plan" and e.body.get("plan_sha256") == plan_sha256]
    if plan.draw_sha256 is None:
        return NO_COMMITMENT
    if not begins:
        return "the log knows nothing of this plan."
    return next((wrong for begin in begins if (wrong := _wrong_in_watch(plan, begin, entries))), None)


def _wrong_in_watch(plan: WatchPlan, begin: Told, entries: Sequence[Told]) -> str | None:
    """What is otherwise in the watch that began with this entry of the plan."""
    flights = [e for e in entries if e.kind in FLIGHTS and e.body.get("watch") == begin.body.get("watch")]
    seeds = [e for e in entries if e.kind == "draw" and _is_of(e, begin)]
    if flights and flights[0].index < begin.index:
        return f"a flight was opened in entry {flights[0].index}, before the plan was in the log (entry {begin.index})."
    if begin.body.get("draw_sha256") != plan.draw_sha256:
        return "the log commits to another draw than the plan does."
    if not seeds:
        return "the log does not tell the draw's seed yet: it does when the watch is over and all have landed."
    if flights and seeds[0].index < flights[-1].index:
        return f"the seed was told in entry {seeds[0].index}, before the last landing (entry {flights[-1].index})."
    if aloft := _aloft(flights):
        return f"the seed was told in entry {seeds[0].index}, and nothing says that {min(aloft)} has landed."
    return wrong_in_draws(plan, seeds[0].body.get("seed"))


def _is_of(seed: Told, begin: Told) -> bool:
    """Whether an entry tells the seed of this watch's draw: as its own, or as that of another draw from the same."""
    return any(seed.body.get(key) == begin.body.get(key) for key in ("watch", "draw_sha256"))


def _aloft(flights: Sequence[Told]) -> set[str]:
    """The aircraft whose last flight is not closed."""
    last = {str(e.body.get("aircraft")): e.kind for e in flights}
    return {name for name, kind in last.items() if kind == "flight_open"}


def wrong_beside(plan: WatchPlan, plan_sha256: str, plan_path: Path) -> str | None:
    """What is otherwise by the file of the draw beside the plan; None if nothing. Raises InputFault."""
    path = draw_beside(plan_path)
    draw = load_draw(path)
    if draw.plan_sha256 != plan_sha256:
        return f"{path.name} is of another plan."
    return wrong_in_draws(plan, draw.seed)


def is_told_beside(plan_path: Path) -> bool:
    """Whether the seed lies beside the plan, and we may read it."""
    return os.access(draw_beside(plan_path), os.R_OK)


def wrong_in_draws(plan: WatchPlan, seed_text: object) -> str | None:
    """What does not follow from the seed; None if all does."""
    if plan.draw_sha256 is None:
        return NO_COMMITMENT
    seed = seed_for(plan.draw_sha256, seed_text)
    if seed is None:
        return "the seed does not give the hash that the plan committed to."
    if plan.draw_blind != blinding(seed):
        return "the plan's draw_blind does not follow from the seed."
    return next((wrong for slot in plan.slots if (wrong := _wrong_in_slot(plan, slot, seed))), None)


def _wrong_in_slot(plan: WatchPlan, slot: Slot, seed: bytes) -> str | None:
    chances = slot.probabilities
    if len(chances) != len(slot.tours) or min(chances, default=-1.0) < 0.0 or abs(sum(chances) - 1.0) > SAME:
        return f"the probabilities of {slot.id} are those of no lottery."
    drawn = slot.tours[drawn_index(seed, slot.id, chances)]
    if drawn != slot.drawn:
        return f"{slot.id} draws {drawn} from the seed, the plan says {slot.drawn}."
    return _wrong_in_stares(plan.tour(drawn), slot, seed)


def _wrong_in_stares(tour: Tour, slot: Slot, seed: bytes) -> str | None:
    """What is otherwise with where the camera looks, where that is drawn."""
    if len(slot.stares) != len(tour.choices):
        return f"{slot.id} has {len(slot.stares)} stares drawn, its tour has {len(tour.choices)} to draw."
    for n, (choice, stare) in enumerate(zip(tour.choices, slot.stares, strict=True)):
        aims = tour.aims_of(choice)
        aim = aims[picked(seed, slot.id, n, len(aims))]
        if (stare.from_along_m, stare.to_along_m, stare.aim) != (choice.from_along_m, choice.to_along_m, aim):
            return f"stare {n + 1} of {slot.id} is not the one that the seed draws."
    return None
