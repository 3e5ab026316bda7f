"""A watch in the command's own process, without the page: a recording, or a live stream."""

import argparse
from pathlib import Path

from ...adapters.stream import is_live, open_stream
from ..answer import Answer
from ..chain import ChainSettings, Keeper
from ..folders import unused_folder
from ..logbook import open_account
from ..post import Post, open_post
from ..stop import Stop
from .chain import WatchChain
from .figures import judge
from .notes import Notes
from .refusals import mandate_for, terrain_of
from .taking import take_stream

STREAM = "stream"
"""The stream's name in a post; a later one in the same post is stream-2, so that no video is written over."""
LIVE_IDLE_S = 5.0
"""With --until-end a live stream has ended when it was silent for so long."""


def watch_alone(answer: Answer, arguments: argparse.Namespace) -> None:
    """Watch the stream. What may be refused is refused before a post is made or touched."""
    live = is_live(arguments.stream)
    mandate = mandate_for(live, Path(arguments.post) if arguments.post else None)
    terrain = terrain_of(arguments.terrain)
    source = open_stream(arguments.stream, idle_timeout_s=LIVE_IDLE_S if arguments.until_end else None)
    try:
        post = open_post(Path(arguments.post)) if arguments.post else None
        keeper = None if post is None else Keeper(post, open_account(post)[0], keep_video=True)
        stream = STREAM if post is None else unused_stream(post)
        chain = WatchChain(ChainSettings(stream=stream, live=live), keeper, terrain, mandate)
        notes = None if keeper is None else Notes(arguments.stream, chain, keeper)
        with Stop() as stop:
            take_stream(answer, chain, source, notes, stop)
    finally:
        source.close()
    judge(answer, chain)


def unused_stream(post: Post) -> str:
    """A name under which no stream's video lies in the post."""
    return unused_folder(post.video / STREAM).name
