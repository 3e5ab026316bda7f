"""Ties between processes that only the kernel keeps (Linux, prctl(2)): they hold whatever the processes do."""

import ctypes
import os
import signal

_SET_PARENT_DEATH_SIGNAL, _SET_NO_NEW_PRIVILEGES = 1, 38
_LIBC = ctypes.CDLL(None, use_errno=True)


def die_with(parent: int) -> None:
    """From now on the kernel kills this process when the thread that started it ends. `parent`: the process of that
    thread; where it has gone already, this one ends here. A change of user undoes it: call this afterwards."""
    _control(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def give_up_privileges() -> None:
    """Nothing that this process starts, whatever bits its file carries, has more rights than this process."""
    _control(_SET_NO_NEW_PRIVILEGES, 1)


def _control(what: int, value: int) -> None:
    """prctl; OSError where the kernel refuses."""
    if _LIBC.prctl(what, ctypes.c_ulong(value), 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
