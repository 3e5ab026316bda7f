"""Tours from a menu: the strips that cross most walkers' paths, parted among the aircraft of a base."""

from ..core.plan import Policy
from .lottery import launches_of, probabilities_of, shares_of, timetable_of
from .menu import Menu, Start, menu_of
from .setting import Chosen, Setting, base_of

MENU_SIZE = 8
"""Tours per aircraft: enough that none is predictable, few enough that each is worth its slot."""


def by_menu(setting: Setting, policy: Policy) -> Chosen:
    """A menu for the aircraft of one type at one base; when each launches; each one's odds."""
    sector = setting.sector
    menus = _menus(setting)
    shares = [s for members, menu in menus for s in shares_of([sector.fleet[i] for i in members], menu)]
    table, too_near = timetable_of(sector, shares, setting.bases)
    launches, late = launches_of(sector, table)
    return Chosen(
        flown=[f for _, menu in menus for f in menu.flown],
        launches=launches,
        odds=[probabilities_of(policy, launch.share).tolist() for launch in launches],
        dropped=[*(d for _, menu in menus for d in menu.dropped), *too_near, *late],
        tracks=tuple(menu.tracks for _, menu in menus if menu.tracks is not None),
    )


def _menus(setting: Setting) -> list[tuple[list[int], Menu]]:
    """The members of the fleet (by index) that use it, and the menu, for each base and type of aircraft."""
    sector, menus = setting.sector, list[tuple[list[int], Menu]]()
    starts: dict[tuple[str, str], list[int]] = {}
    for index, member in enumerate(sector.fleet):
        starts.setdefault((member.base, member.type), []).append(index)
    for (base, kind), members in starts.items():
        setting.tell(f"strips {base}")
        before = sum(len(menu.flown) for others, menu in menus if sector.fleet[others[0]].base == base)
        start = Start(base_of(sector, base), kind, setting.fleet[kind], before)
        size = MENU_SIZE * len(members)
        menu = menu_of(start, setting.airspaces[kind], setting.sight, setting.traffic, size, setting.out_of_time)
        menus.append((members, menu))
    return menus
