"""What comes before a live night: `python -m apacheta.app.demo.prepare REQUEST.json ANSWER.json`.

Exercise, tiles, kernels, post, mandate, plan, and the moment at which to begin. It shows its progress on stderr, and
leaves the night's specification in the post; ANSWER.json tells how it went, and the specification's path.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from ...core.sector import Sector
from ..answer import Answer, run_to_answer
from ..chain import Keeper
from ..errand import answer_left
from ..files import write_whole
from ..loading import bounds_of
from ..logbook import open_account
from ..post import Post, open_post
from ..stop import sigterm_is_ctrl_c
from ..terrain.tiles import cached_relief, cached_tiles
from ..texts import Texts
from ..warm import warm_kernels
from .command import answer_for
from .moment import Begin, begin_of
from .night import Night, on_station_utc_ns
from .progress import Progress
from .recipe import Given, given_of, planned_and, say_given
from .settings import DemoSettings, NightSpec, PagePart, RunFolder, keep_spec, settings_of
from .watching import truth_folder


def main(argv: Sequence[str]) -> int:
    """Prepare the night; 0, whatever the answer says."""
    settings = settings_of(Path(argv[0]))
    with sigterm_is_ctrl_c(), Progress(sys.stderr, Texts(settings.language)) as progress:
        answer = run_to_answer(answer_for(settings), lambda a: prepare(a, settings, progress))
    write_whole(Path(argv[1]), answer_left(answer))
    return 0


def prepare(answer: Answer, settings: DemoSettings, progress: Progress) -> None:
    """Everything up to a night that may begin. A post that another process holds, or that keeps another mandate, is
    refused and left as it was."""
    given = given_of(settings, progress)
    Post(settings.post).refuse_other_mandate(given.exercise.mandate)
    terrain, relief = _map_of(given.sector, progress)
    progress.step("warming")
    warm_kernels()
    post = open_post(settings.post)
    account, _ = open_account(post)
    first_entry = account.size
    post = post.for_another_watch(given.fleet)
    say_given(answer, given, post)
    begins: list[Begin] = []
    keeper = Keeper(post, account, settings.keep_video)

    def choose(night: Night) -> None:
        begins.append(_chosen(night, progress))

    planned_and(answer, given, keeper, post, progress, choose, goes_on=True)
    page = PagePart(
        log=str(post.log),
        video=str(post.video),
        evidence=str(post.evidence),
        first_entry=first_entry,
        terrain=str(terrain),
        relief=str(relief),
    )
    _keep(given, post, begins[0].utc_ns, page)


def _map_of(sector: Sector, progress: Progress) -> tuple[Path, Path]:
    """Height tiles and shaded relief of the sector's ground."""
    dem, bounds = Path(sector.terrain.file), bounds_of(sector)
    progress.step("tiles")
    terrain = cached_tiles(dem, bounds, sector.terrain.vertical_datum, lambda share: progress.at(share / 2))
    return terrain, cached_relief(dem, bounds, lambda share: progress.at(0.5 + share / 2))


def _chosen(night: Night, progress: Progress) -> Begin:
    if night.settings.on_station:
        return Begin(utc_ns=on_station_utc_ns(night.plan), is_chosen=False)
    progress.step("choosing")
    begin = begin_of(night, progress.at)
    if not begin.is_chosen:
        progress.say("no_moment")
    return begin


def _keep(given: Given, post: Post, from_utc_ns: int, page: PagePart) -> None:
    """The specification in the post, and nothing of an earlier night beside it."""
    run = RunFolder(post.folder)
    run.folder.mkdir(exist_ok=True)
    run.clear()
    truth_folder(post)
    spec = NightSpec(
        settings=given.settings,
        sector=str(given.exercise.sector),
        mandate=str(given.exercise.mandate),
        world=str(given.exercise.world),
        watch=post.number,
        fleet=given.fleet,
        from_utc_ns=from_utc_ns,
        page=page,
    )
    keep_spec(run.night, spec)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
