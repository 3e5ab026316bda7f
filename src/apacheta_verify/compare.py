"""Names how a bundle of entries differs from what was signed."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Difference(NamedTuple):
    """`place` is the position in the bundle."""

    place: int
    what: str
    text: str


def difference_of(
    found: Sequence[bytes],
    rest: bytes,
    wanted: Sequence[bytes],
    first: int,
    places: Mapping[bytes, int],
    all_found: Mapping[int, bytes],
) -> Difference | None:
    """What is wrong with one bundle, or None.

    found, wanted: leaf hashes of the bundle's entries and of those that were signed; rest: bytes after the last whole
    entry; first: index of its first entry; places: index of each signed leaf hash in the whole log; all_found: leaf
    hash found at each index of the whole log.
    """
    place = next(
        (i for i, (a, b) in enumerate(zip(found, wanted, strict=False)) if a != b), min(len(found), len(wanted))
    )
    index = first + place
    if place == len(found) == len(wanted):
        return Difference(place, "entry_changed", f"{len(rest)} bytes follow entry {index - 1}") if rest else None
    if place == len(found):
        if _some_prefix_is(rest[2:], wanted[place]):
            return Difference(place, "entry_changed", f"the length of entry {index} was changed")
        return Difference(place, "truncated", f"the file ends before entry {index} does")
    if place == len(wanted):
        copy_of = places.get(found[place])
        what = "entry_changed" if copy_of is None else "duplicated"
        return Difference(place, what, f"{_what(found[place], places)} stands after the last entry of the file")
    if found[place] not in places:
        return Difference(place, "entry_changed", f"entry {index} is not the one that was signed")
    return Difference(place, *_moved(found, wanted, place, index, places, all_found))


def _moved(
    found: Sequence[bytes],
    wanted: Sequence[bytes],
    place: int,
    index: int,
    places: Mapping[bytes, int],
    all_found: Mapping[int, bytes],
) -> tuple[str, str]:
    """A signed entry stands where another should: is it a copy, was it moved, or did one before it go?"""
    home = places[found[place]]
    if all_found.get(home) == found[place] or list(found).count(found[place]) > 1:
        return "duplicated", f"entry {home} stands again at {index}"
    if wanted[place] in all_found.values():
        return "reordered", f"entry {home} stands at {index}"
    return "missing", f"entry {index} is missing; entry {home} stands in its place"


def _what(leaf: bytes, places: Mapping[bytes, int]) -> str:
    return f"entry {places[leaf]}" if leaf in places else "an entry that was not signed"


def _some_prefix_is(data: bytes, leaf: bytes) -> bool:
    """Whether the wanted entry is there, under a wrong length."""
    running = hashlib.sha256(b"\x00")
    for at in range(min(len(data), 65_535)):
        running.update(data[at : at + 1])
        if running.copy().digest() == leaf:
            return True
    return running.digest() == leaf
