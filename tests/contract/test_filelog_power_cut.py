"""After a power cut at any operation, whatever the disk kept of what was not synced, the log is a log."""

import random
from contextlib import closing
from itertools import count

from account_log import ORIGIN, LazyDisk, TickingClock, entry, signer
from contract.power_cut import PowerCut, PowerCutDisk

from apacheta.account import Account
from apacheta.adapters.filelog import FileLogStore
from apacheta_verify import verify

IMAGES = 2
NEW_POST = "posts/new"


def _night(post, disk, who, acknowledged):
    """Three commits and two checkpoints over a bundle's end; `acknowledged` grows as they are."""
    with closing(FileLogStore(post / "log", disk)) as store:
        account = Account(store, who, ORIGIN, TickingClock())
        acknowledged[:] = [account.size, 1]
        for first, batch in ((0, 250), (250, 3), (253, 30)):
            account.record_many([entry(first + n) for n in range(batch)])
            acknowledged[0] = account.size
            if batch != 3:
                account.checkpoint()
                acknowledged[1] = account.size


def test_what_was_acknowledged_is_there_after_a_power_cut_at_any_operation(tmp_path):
    for at in count():
        disk, who, acknowledged = PowerCutDisk(at), signer(), [0, 0]
        world = tmp_path / f"{at}"
        post = world / NEW_POST
        post.mkdir(parents=True)  # as the app makes it, without a sync
        with closing(disk):
            try:
                _night(post, disk, who, acknowledged)
            except PowerCut:
                pass
            else:
                break
            for number in range(IMAGES):
                image = tmp_path / f"{at}-{number}"
                disk.image(world, image, random.Random(at * IMAGES + number))
                _must_be_a_log(image / NEW_POST, who, *acknowledged, closed_too=number == 0)
    assert at > 60


def _must_be_a_log(post, who, acknowledged, signed, closed_too):
    (post / "log").mkdir(parents=True, exist_ok=True)
    (post / "log/vkey").write_text(f"{who.key.vkey}\n")
    if signed:
        report = verify(post)
        assert report.exit_code == 0, report.bad
        assert report.tree_size >= signed
    before = who.last_signed()
    with closing(FileLogStore(post / "log", LazyDisk())) as store:
        assert store.size() >= acknowledged
        account = Account(store, who, ORIGIN, TickingClock())
        account.close()
    if closed_too:
        assert verify(post).exit_code == 0
    who._last = before  # each image is another world in which the same key goes on
