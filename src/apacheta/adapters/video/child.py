"""A decoder's own process: `python -m apacheta.adapters.video.child DESCRIPTOR CODEC PARENT`.

libavcodec reads what strangers send. Here it has no files, no rights, no way to start anything, a bound on its memory,
and one socket, over which it answers in turn (`wire.py`). It ends with its owner: at the end of the socket, and by the
kernel's hand should it be busy then.
"""

import os
import pwd
import resource
import socket
import sys
from collections.abc import Sequence
from typing import BinaryIO

from ..tether import die_with, give_up_privileges
from .decoder import DecodedFrame, VideoDecoder
from .wire import ANSWER, FLUSH, READY, REQUEST, frame_head, request_head

MEMORY_BYTES = 1 << 30
LIMITS = {
    resource.RLIMIT_AS: MEMORY_BYTES,
    resource.RLIMIT_FSIZE: 0,
    resource.RLIMIT_NOFILE: 0,
    resource.RLIMIT_NPROC: 0,
    resource.RLIMIT_CORE: 0,
}
"""Descriptors that are open stay so; no more can be opened."""
UNPRIVILEGED = "nobody"


def main(arguments: Sequence[str]) -> None:
    """Answer until the owner closes its end."""
    channel = socket.socket(fileno=int(arguments[0]))
    decoder = VideoDecoder(arguments[1])
    lock_in(int(arguments[2]))
    channel.sendall(READY)
    serve(channel, decoder)


def lock_in(parent: int) -> None:
    """Let go of all that decoding does not need. Every module is loaded by now: none can be from here on."""
    for descriptor in (0, 1):
        os.close(descriptor)
    give_up_privileges()
    if os.geteuid() == 0:
        _become(pwd.getpwnam(UNPRIVILEGED))
    for what, most in LIMITS.items():
        resource.setrlimit(what, (most, most))
    die_with(parent)


def _become(user: pwd.struct_passwd) -> None:
    os.setgroups([])
    os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
    os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)


def serve(channel: socket.socket, decoder: VideoDecoder) -> None:
    """One answer to each request, in turn."""
    requests = channel.makefile("rb")
    while (frames := _next(requests, decoder)) is not None:
        _answer(channel, decoder, frames)


def _next(requests: BinaryIO, decoder: VideoDecoder) -> list[DecodedFrame] | None:
    """What the next request brings out; None when there are no more."""
    data = requests.read(REQUEST.size)
    if len(data) < REQUEST.size:
        return None
    head = request_head(data)
    if head.kind == FLUSH:
        return decoder.flush()
    return decoder.decode(requests.read(head.size), head.pts_90k, head.damaged, head.after_loss)


def _answer(channel: socket.socket, decoder: VideoDecoder, frames: list[DecodedFrame]) -> None:
    words = [(word or "").encode("ascii") for word in (decoder.profile, decoder.pixel_format)]
    head = ANSWER.pack(len(frames), decoder.stats.failed_units, *map(len, words))
    channel.sendall(head + b"".join(words))
    for frame in frames:
        channel.sendall(frame_head(*frame.gray.shape, frame.pts_90k, frame.keyframe, frame.damaged))
        channel.sendall(frame.gray.data)


if __name__ == "__main__":
    main(sys.argv[1:])
