"""Apacheta: the ground software of an unarmed drone watch over mountain borders.

Compiled kernels are cached in the user's cache directory (`apacheta warm` fills it), never beside the package.
"""

import os as _os

__version__ = "0.1.0"

_cache = _os.environ.get("XDG_CACHE_HOME") or _os.path.join(_os.path.expanduser("~"), ".cache")
_os.environ.setdefault("NUMBA_CACHE_DIR", _os.path.join(_cache, "apacheta", "kernels"))
