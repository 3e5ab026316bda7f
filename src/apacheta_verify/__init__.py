"""Verifies the log of a post, alone: Python's standard library and `cryptography`, nothing of Apacheta.

Read in this order: `tree` (the hashes), `note` (signatures), `canonical` (the form of an entry), `files` (what lies
where), `journal` (what is not signed yet), `checks` (the verification: `signed`, `entries` with `compare`, `unsigned`),
`report` (the answer).
"""

from .checks import verify
from .report import Report

__all__ = ["Report", "verify"]
