"""A small stage for tests of the simulated night: a generated pass of 8 x 6 km, one VTOL plane, one racetrack.

      own side (north)
        B ............ base on the highest ground about, take-off straight up
       /  \
      1----2           a racetrack 1.2 km long 120 m over the base
      4----3           stares: each leg looks at two places to its right
      border (south)
"""

import functools
import math
from itertools import pairwise
from typing import Any

import numpy as np

from apacheta.core.aircraft import Aircraft, FailureResponse, Launch, LensCamera, Radio, Termination
from apacheta.core.place import AmslM, GeoPoint, HaeM
from apacheta.core.plan import Sortie, Stare, Tour, Waypoint
from apacheta.core.sector import Border, Sector, TerrainRef, Weather, WindLayer
from apacheta.sim.night import Cast, NightSimulator
from apacheta.sim.world import World, generate_world
from apacheta.sim.world.crowd import Member, Party, Route

START_NS = 1_782_086_400_000_000_000
"""2026-06-22T00:00:00Z, evening there."""
NS = 1_000_000_000


@functools.cache
def world(seed: int = 3) -> World:
    """A pass of 8 x 6 km."""
    return generate_world(seed, 8_000.0, 6_000.0)


def aircraft(kind: str = "vtol_plane", slew_deg_s: float = 60.0) -> Aircraft:
    """A 14 kg VTOL plane, or a multirotor or plane of the same figures."""
    termination = Termination(independent=True, device="parachute", act_s=2.0, sink_m_s=5.5)
    return Aircraft(
        name="stage plane", kind=kind, mass_kg=14.0, wing_area_m2=0.95, cd0=0.034, induced_k=0.042, cl_max=1.3,
        propulsive_efficiency=0.55, hover_power_w=2100.0, battery_wh=1060.0, reserve_fraction=0.2, hotel_w=65.0,
        cruise_cas_m_s=19.0 if kind != "multirotor" else 10.0, stall_cas_m_s=13.5, max_cas_m_s=30.0,
        bank_max_deg=35.0, climb_sea_level_m_s=5.0, sink_max_m_s=4.0, ceiling_amsl_m=AmslM(6500.0),
        nav_sigma_h_m=3.0, nav_sigma_v_m=5.0,
        launch=Launch(height_max_amsl_m=AmslM(6000.0), wind_max_m_s=12.0, temperature_min_c=-25.0,
                      temperature_max_c=45.0),
        camera=LensCamera(width_px=640, height_px=512, hfov_deg=12.5, rate_hz=10.0, netd_k=0.05,
                          depression_min_deg=15.0, depression_max_deg=70.0, slew_deg_s=slew_deg_s),
        radio=Radio(band_hz=9e8, eirp_dbm=30.0, sensitivity_dbm=-100.0),
        failure=FailureResponse(link_loss="return_home", gnss_detect_s=2.0, termination=termination),
        sources={}, sha256="0" * 64,
    )  # fmt: skip


def calm(speed_m_s: float = 4.0, gust_m_s: float = 2.0) -> Weather:
    """A westerly that grows with height."""
    layers = tuple(
        WindLayer(height_amsl_m=AmslM(h), from_deg=270.0, speed_m_s=s, sigma_m_s=1.0)
        for h, s in ((3000.0, 0.5 * speed_m_s), (5000.0, speed_m_s))
    )
    return Weather(
        wind=layers, gust_m_s=gust_m_s, updraft_max_m_s=1.0, isa_deviation_c=-5.0, qnh_hpa=1013.25, icing=False
    )


def sector(of: World, weather: Weather | None = None) -> Sector:
    """What the simulator needs of a sector: its weather and its night."""
    border = Border(chains=(), file="", source="", accuracy_m=0.0, own_side=(0.0, 0.0), standoff_m=0.0)
    terrain = TerrainRef(file="", vertical_datum="amsl_egm96", le90_m=4.0, ce90_m=10.0)
    return Sector(
        name=of.name, border=border, terrain=terrain, keep_in=(), zones=(), bases=(), relays=(), patrols=(), roads=(),
        goals=(), weather=weather or calm(), start_utc_ns=START_NS, end_utc_ns=START_NS + 7200 * NS, fleet=(),
        note="", sha256="0" * 64,
    )  # fmt: skip


def _geo(of: World, x_m: float, y_m: float, amsl_m: float) -> GeoPoint:
    lon, lat = of.to_lonlat(x_m, y_m)
    return GeoPoint(lat_deg=float(lat), lon_deg=float(lon), alt_hae_m=HaeM(amsl_m + float(of.undulation_m(x_m, y_m))))


def sortie(of: World, laps: int = 1, launch_s: float = 0.0, number: int = 1) -> Sortie:
    """Up, `laps` times round the racetrack, home."""
    xs, ys = np.meshgrid(np.arange(-1000, 1000, 30.0), np.arange(-800, 1200, 30.0))
    heights = of.truth_at(xs, ys)
    top = int(np.argmax(heights))
    x0, y0, ground = float(xs.flat[top]), float(ys.flat[top]), float(heights.flat[top])
    high = ground + 120.0
    corners = [(-600.0, 300.0), (600.0, 300.0), (600.0, -50.0), (-600.0, -50.0)]
    route = [(x0, y0, ground, "takeoff"), (x0, y0, ground + 60.0, "climb")]
    route += [(x, y, high, "climb" if k == 0 else "station") for k, (x, y) in enumerate(corners * laps)]
    route += [(x0 + 300.0, y0 + 100.0, ground + 100.0, "approach"), (x0, y0, ground, "land")]
    along = np.concatenate([[0], np.cumsum([math.hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(route)])])
    points = tuple(
        Waypoint(position=_geo(of, x, y, h), alt_amsl_m=AmslM(h), kind=kind, along_m=float(s))
        for (x, y, h, kind), s in zip(route, along, strict=True)
    )
    stares = []
    for k in range(2, len(route) - 3):
        (xa, ya, _, _), (xb, yb, _, _) = route[k], route[k + 1]
        length = math.hypot(xb - xa, yb - ya)
        for part in (0.0, 0.5):
            mid = part + 0.25
            ax, ay = xa + mid * (xb - xa) + 700 * (yb - ya) / length, ya + mid * (yb - ya) - 700 * (xb - xa) / length
            aim = _geo(of, ax, ay, float(of.truth_at(ax, ay)))
            stares.append(
                Stare(
                    from_along_m=float(along[k] + part * length),
                    to_along_m=float(along[k] + (part + 0.5) * length),
                    aim=aim,
                    slant_range_m=900.0,
                    depression_deg=30.0,
                    gsd_m=0.3,
                )
            )
    tour = Tour(
        id=f"t{number}", strip="s1", waypoints=points, stares=tuple(stares), length_m=float(along[-1]),
        duration_s=600.0, laps=laps, energy_wh=100.0,
        reserve_fraction=0.5, min_border_distance_m=0.0, min_terrain_clearance_m=100.0,
        max_density_altitude_m=5000.0, radio_margin_db=10.0, watched_km2=0.5,
    )  # fmt: skip
    return Sortie(
        id=f"slot-{number}", aircraft="a1", aircraft_type="stage", base="base",
        launch_utc_ns=START_NS + round(launch_s * NS), tour=tour,
    )  # fmt: skip


def walker(
    of: World, x_m: float, y_m: float, speed_m_s: float = 1.2, kind: str = "person", seconds: float = 3600.0
) -> Party:
    """One body that walks east from (x, y), beginning at START_NS."""
    size = {"person": (1.7, 0.5, 0.5), "mule": (1.4, 0.6, 1.8), "vehicle": (1.7, 2.0, 4.8), "goat": (0.8, 0.45, 1.0)}
    height, width, length = size[kind]
    member = Member(kind=kind, height_m=height, width_m=width, length_m=length, temp_excess_c=11.0)
    reach = max(speed_m_s * seconds, 0.1)
    route = Route(
        time_s=np.array([0.0, seconds]), along_m=np.array([0.0, reach]),
        xy_m=np.array([[x_m, y_m], [x_m + reach, y_m]]), heading=np.array([[1.0, 0.0], [1.0, 0.0]]),
    )  # fmt: skip
    return Party(
        id=f"{kind}-{round(x_m)}-{round(y_m)}", kind="foot", crosser=True, lawful=False, members=(member,),
        routes=(route,), epoch_utc_ns=START_NS, from_s=0.0, to_s=seconds,
    )  # fmt: skip


def simulator(of: World, **changes: Any) -> NightSimulator:
    """A night on the stage: 320 x 256, half a minute, one sortie, nobody out unless `cast` says so."""
    settings: dict[str, Any] = {
        "world": of, "sorties": (sortie(of, 4),), "aircraft": {"stage": aircraft()}, "sector": sector(of),
        "minutes": 0.5, "seed": 1, "width_px": 320, "height_px": 256, "cast": Cast(()),
    }  # fmt: skip
    return NightSimulator(**(settings | changes))
