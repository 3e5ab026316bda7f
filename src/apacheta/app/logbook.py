"""A post's account, opened for writing."""

from ..account import Account
from ..adapters.clock import SystemClock
from ..adapters.filelog import FileLogStore
from ..adapters.keys import KeyFileSigner, open_signer
from .post import Post


def entries_of(post: Post) -> int:
    """How many entries the post's log holds, which nobody else writes. Raises as `open_account` does."""
    store = FileLogStore(post.log)
    try:
        return store.size()
    finally:
        store.close()


def open_account(post: Post) -> tuple[Account, KeyFileSigner]:
    """The post's log and the key that signs it. Raises EnvironmentFault `post_is_held` where another process writes it,
    InputFault `log_corrupt` where it does not fit its checkpoint; a log that is refused is let go as it was."""
    store = FileLogStore(post.log)
    try:
        signer = open_signer(post.folder)
        return Account(store, signer, signer.key.name, SystemClock()), signer
    except BaseException:
        store.close()
        raise
