"""A writer to be killed: appends commits to the post given as argument, prints what is acknowledged.

With a second argument, the largest file it may write (bytes), it fills its disk and prints the fault's code.
"""

import resource
import sys
from pathlib import Path

from account_log import entry, open_account

from apacheta.adapters.filelog import Disk
from apacheta.core.errors import EnvironmentFault


def main(post: Path, limit: int | None) -> None:
    """Write until killed, or until the disk is full."""
    if limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        _write(post)
    except EnvironmentFault as fault:
        print(fault.line.code, fault.exit_code, flush=True)


def _write(post: Path) -> None:
    account = open_account(post, Disk())
    print(account.size, flush=True)
    number = account.size
    while True:
        account.record_many([entry(number + n) for n in range(7)])
        number = account.size
        print(number, flush=True)
        if number % 5 == 0:
            account.checkpoint()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else None)
