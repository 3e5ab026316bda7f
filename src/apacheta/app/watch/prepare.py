"""What comes before a watch with a page: `python -m apacheta.app.watch.prepare REQUEST.json ANSWER.json`.

What may be refused is refused before the post is made or touched. It leaves the watch's specification in the post;
ANSWER.json tells how it went.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from ...adapters.clock import SystemClock
from ...core.mandate import Mandate
from ..answer import run_to_answer
from ..demo.settings import PagePart
from ..errand import answer_left
from ..files import write_whole
from ..logbook import entries_of
from ..post import Post, open_post
from ..stop import sigterm_is_ctrl_c
from .alone import unused_stream
from .command import answer_for
from .refusals import mandate_for, terrain_of
from .settings import Asked, WatchRun, WatchSpec, keep, kept


def main(argv: Sequence[str]) -> int:
    """Prepare the watch; 0, whatever the answer says."""
    asked = kept(Path(argv[0]), Asked)
    with sigterm_is_ctrl_c():
        answer = run_to_answer(answer_for(asked.address), lambda a: prepare(asked))
    write_whole(Path(argv[1]), answer_left(answer))
    return 0


def prepare(asked: Asked) -> None:
    """Everything up to a watch that may begin. A post that another process holds is refused and left as it was."""
    mandate = mandate_for(True, Path(asked.post))
    assert mandate is not None
    terrain_of(asked.terrain)
    post = open_post(Path(asked.post))
    first_entry = entries_of(post)
    run = WatchRun(post.folder)
    run.folder.mkdir(exist_ok=True)
    run.clear()
    keep(run.night, _spec_of(asked, mandate, post, run, first_entry))


def _spec_of(asked: Asked, mandate: Mandate, post: Post, run: WatchRun, first_entry: int) -> WatchSpec:
    """The specification, to which sockets are still to be bound."""
    page = PagePart(
        log=str(post.log),
        video=str(post.video),
        evidence=str(post.evidence),
        first_entry=first_entry,
        terrain=str(run.terrain),
        relief=str(run.relief),
    )
    return WatchSpec(
        asked=asked,
        stream=unused_stream(post),
        mandate_sha256=mandate.sha256,
        began_utc_ns=SystemClock().utc_ns(),
        page=page,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
