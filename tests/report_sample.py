"""A made-up night for looking at the report: `python tests/report_sample.py FOLDER` writes es.html and en.html.

border ~~~~~~~~~~~~~~~~~~~~~~ ridge, 7 km north of the middle
             race-track        own side is south of it
    village o      ^ base
"""

import sys
from pathlib import Path

import msgspec
import numpy as np

from apacheta.app.report import (
    AlertCard,
    Area,
    Flight,
    Ground,
    Health,
    Line,
    LogState,
    NightReport,
    Score,
    Spot,
    Unseen,
    render,
)
from apacheta.core.alerts import Alert, Evidence
from apacheta.core.instant import NS
from apacheta.core.mandate import Mandate
from apacheta.core.plan import WatchPlan
from apacheta.core.sector import Border, Sector, TerrainRef, Weather

CHECKPOINT = (
    "apacheta.example/post/demo\n4127\nn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn58=\n\n"
    "\u2014 apacheta.example/post/demo Txwi" + "A" * 84 + "==\n"
)
"""A signed note in form; its signature is none."""
START_NS = 1_782_086_400 * NS  # 2026-06-22T00:00:00Z
LAT0_DEG, LON0_DEG = -18.5, -68.4
CELL_M = 100.0


def latlon(x_m: np.ndarray, y_m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Flat earth with a grid turned by 0.5 degrees: good enough to look at."""
    turn = np.radians(0.5)
    east = np.cos(turn) * x_m + np.sin(turn) * y_m
    north = -np.sin(turn) * x_m + np.cos(turn) * y_m
    return LAT0_DEG + north / 110_650.0, LON0_DEG + east / (111_320.0 * np.cos(np.radians(LAT0_DEG)))


def heights(x_m: np.ndarray, y_m: np.ndarray) -> np.ndarray:
    """A ridge along the border, two valleys, noise by octaves."""
    rng = np.random.default_rng(7)
    x, y = np.meshgrid(x_m, y_m)
    height = 4200 + 900 * np.exp(-(((y - border_y(x)) / 3500) ** 2)) + 250 * np.sin(x / 5200.0) * np.cos(y / 6100.0)
    for octave in range(6):
        wave = 9000 / 2**octave
        for _ in range(4):
            angle, phase = rng.uniform(0, 2 * np.pi, 2)
            height = height + wave / 65 * np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / wave + phase)
    return height.astype(np.float32)


def border_y(x_m: np.ndarray) -> np.ndarray:
    """The made-up line."""
    return 7000 + 1500 * np.sin(x_m / 6000) + 300 * np.sin(x_m / 1700)


def thermal(column: int, row: int) -> bytes:
    """A made-up thermal still with a marked mover, as PNG."""
    import cv2

    rng = np.random.default_rng(column)
    image = cv2.GaussianBlur(rng.normal(110, 60, (512, 640)).astype(np.float32), (0, 0), 9) * 2 - 100
    image += cv2.GaussianBlur(rng.normal(0, 14, (512, 640)).astype(np.float32), (0, 0), 1)
    image[row - 4 : row + 3, column - 1 : column + 2] = 245
    colour = cv2.cvtColor(np.clip(image, 0, 255).astype(np.uint8), cv2.COLOR_GRAY2BGR)
    cv2.rectangle(colour, (column - 14, row - 14), (column + 14, row + 14), (0, 94, 213), 2)
    return bytes(cv2.imencode(".png", colour)[1])


def sample(*, alerts: int = 3, flights: int = 2, score: bool = True) -> NightReport:
    """The night, with as many alerts and flights as wanted."""
    x_m, y_m = np.arange(-18_000, 18_001, CELL_M), np.arange(-13_000, 13_001, CELL_M)
    height_m = heights(x_m, y_m)
    x, y = np.meshgrid(x_m, y_m)
    own = y < border_y(x)
    looks = np.zeros(own.shape, dtype=np.uint16)
    flown = tuple(_flight(i, x_m, y_m, height_m) for i in range(flights))
    for flight in flown:
        for k in range(0, len(flight.x_m), 25):
            looks[np.hypot(x - flight.x_m[k] - 300, y - flight.y_m[k] - 900) < 350] += 1
    looks[~own] = 0
    own_km2, seen_km2 = own.sum() * CELL_M**2 / 1e6, (looks > 0).sum() * CELL_M**2 / 1e6
    end_ns = START_NS + 7200 * NS
    times = np.linspace(START_NS, end_ns, 60).astype(np.int64)
    left = own_km2 - seen_km2
    border_x = np.linspace(-18_000, 18_000, 200)
    road_x = np.linspace(-15_000, 16_000, 90)
    circle = np.linspace(0, 2 * np.pi, 40)
    return NightReport(
        apacheta="0.1.0",
        watch="watch-1",
        sector=_sector(),
        mandate=_mandate(),
        plan=_plan(flights),
        start_utc_ns=START_NS,
        end_utc_ns=end_ns,
        simulated=True,
        interrupted=False,
        ground=Ground(
            x_m=x_m, y_m=y_m, height_m=height_m, own_side=own, looks=looks, latlon=latlon, terrain_sha256="3c" * 32
        ),
        lines=(
            Line("border", "frontera", border_x, border_y(border_x)),
            Line("road", "camino", road_x, -6000 + 2200 * np.sin(road_x / 5000)),
            *(Line("planned", f.sortie, f.x_m + 40, f.y_m - 30) for f in flown),
        ),
        areas=(
            Area("village", "Pampa", -7500 + 700 * np.cos(circle), -6500 + 700 * np.sin(circle)),
            Area("no_look", "Convento", 9000 + 1200 * np.cos(circle), -3500 + 900 * np.sin(circle)),
            Area("priority", "Paso", -1500 + 2500 * np.cos(circle), 3800 + 1400 * np.sin(circle)),
        ),
        spots=(
            Spot("base", "Base Norte", 2000.0, -5200.0),
            Spot("village", "Pampa Aullagas", -7500.0, -6500.0),
            Spot("patrol", "Patrulla 1", 5000.0, -1500.0),
            Spot("goal", "Mercado", -11_000.0, -11_000.0),
            Spot("relay", "Cerro", 12_000.0, 500.0),
        ),
        flights=flown,
        alerts=tuple(_card(i) for i in range(alerts)),
        seen_utc_ns=times,
        seen_km2=seen_km2 * (1 - np.exp(-np.linspace(0, 3, 60))) / (1 - np.exp(-3)),
        unseen=Unseen(
            own_side_km2=own_km2,
            never_in_frame_km2=left * 0.86,
            hidden_km2=left * 0.06,
            too_coarse_km2=left * 0.05,
            too_short_km2=left * 0.03,
        ),
        health=Health(
            streams=1,
            video_s=6130.0,
            frames_sent=61_300,
            frames_decoded=61_298,
            frames_georeferenced=61_298,
            frames_dropped=0,
            frames_damaged=2,
            video_lag_p95_s=None,
            real_time_factor=2.43,
            faults=("2026-06-22T00:41:07Z video: dos paquetes perdidos",),
        ),
        log=LogState(
            origin="apacheta.example/post/demo",
            tree_size=4127,
            root_hash=CHECKPOINT.split("\n")[2],
            checkpoint=CHECKPOINT,
            checkpoint_sha256="5a" * 32,
            public_key="apacheta.example/post/demo+4f1c22aa+AXj0k3vQm1cZ7p0m7l8M2Uu5b1e9WfJm6G4i3a1Q2w3E",
            verify_command="apacheta-verify POST --json",
            verified=None,
        ),
        score=Score(
            crossers=5,
            crossers_in_view=4,
            crossers_in_view_alerted=3,
            true_alerts=3,
            lawful_alerts=0,
            false_alerts=0,
            false_alerts_per_drone_hour=0.0,
            time_to_alert_s=11.4,
        )
        if score
        else None,
    )


def _flight(number: int, x_m: np.ndarray, y_m: np.ndarray, height_m: np.ndarray) -> Flight:
    turn = np.linspace(0, 6 * np.pi, 900)
    out = np.linspace(0, 1, 150)
    centre = np.array([-2500.0 + 5200 * number, 900.0 - 600 * number])
    loop = centre[:, None] + np.array([1900 * np.cos(turn), 420 * np.sin(turn)])
    base = np.array([2000.0, -5200.0])
    way = base[:, None] + (loop[:, :1] - base[:, None]) * out
    path = np.hstack([way, loop, way[:, ::-1]])
    col, row = np.searchsorted(x_m, path[0]), np.searchsorted(y_m, path[1])
    ground = height_m[row, col].astype(np.float64)
    climb = np.minimum(1, np.minimum(np.arange(len(ground)), np.arange(len(ground))[::-1]) / 130)
    top = float(ground.max()) + 420.0
    times = START_NS + (np.linspace(120 + 3300 * number, 3200 + 3300 * number, len(ground)) * NS).astype(np.int64)
    return Flight(
        sortie=f"S{number + 1}",
        aircraft=f"cóndor-{number + 1}",
        aircraft_type="vtol-small",
        base="Base Norte",
        utc_ns=times,
        x_m=path[0],
        y_m=path[1],
        height_m=ground[0] + (top - ground[0]) * climb,
        ground_m=ground,
        min_border_distance_m=3120.4 + 400 * number,
        min_terrain_clearance_m=188.2,
        battery_left_fraction=0.34,
    )


def _card(number: int) -> AlertCard:
    rng = np.random.default_rng(number)
    x, y = -2500.0 + 4500 * (number % 2) + rng.uniform(-900, 900), 3200.0 + rng.uniform(-500, 500)
    track = np.linspace(0, 1, 40)
    lat, lon = latlon(np.array(x), np.array(y))
    when = START_NS + (1500 + 1400 * number) * NS
    alert = Alert(
        id=f"alert-{number + 1:04d}",
        incident=f"incident-{number + 1:04d}",
        rule="zone_entry" if number % 2 == 0 else "line_crossing",
        line="own_side" if number % 2 == 0 else "inner_line_600_m",
        utc_ns=when,
        stream="uav-1",
        tracks=(f"T{number + 1}",),
        position=_point(float(lat), float(lon)),
        position_cov_m2=(16.0, 3.0, 25.0),
        probability=0.97,
        kind="person",
        reason="inside the watched area with probability 0.97 for 1.0 s",
        evidence=Evidence(still_sha256="ab" * 32, chip_sha256="cd" * 32, track=()),
    )
    still = thermal(180 + 90 * (number % 4), 200)
    return AlertCard(
        alert, None, still, _chip(still), x, y, x - 260 * (1 - track), y + 420 * (1 - track) + 15 * np.sin(9 * track)
    )


def _chip(still: bytes) -> bytes:
    import cv2

    image = cv2.imdecode(np.frombuffer(still, np.uint8), cv2.IMREAD_COLOR)
    return bytes(cv2.imencode(".png", image[168:232, 148:212])[1])


def _point(lat_deg: float, lon_deg: float):
    from apacheta.core.place import GeoPoint, HaeM

    return GeoPoint(lat_deg=lat_deg, lon_deg=lon_deg, alt_hae_m=HaeM(4400.0))


def _sector() -> Sector:
    return Sector(
        name="Paso de la Apacheta",
        border=Border(
            chains=(((-68.6, -18.44), (-68.2, -18.44)),),
            file="border.geojson",
            source="generada sobre la divisoria de aguas",
            accuracy_m=300.0,
            own_side=(LON0_DEG, LAT0_DEG),
            standoff_m=1500.0,
        ),
        terrain=TerrainRef(file="terrain.tif", vertical_datum="hae", le90_m=8.0, ce90_m=12.0),
        keep_in=(),
        zones=(),
        bases=(),
        relays=(),
        patrols=(),
        roads=(),
        goals=(),
        weather=Weather(wind=(), gust_m_s=6.0, updraft_max_m_s=2.0, isa_deviation_c=-8.0, qnh_hpa=1018.0, icing=False),
        start_utc_ns=START_NS,
        end_utc_ns=START_NS + 7200 * NS,
        fleet=(),
        note="",
        sha256="11" * 32,
    )


def _mandate() -> Mandate:
    return Mandate(
        authority="Ministerio de ejemplo, resolución 000/2026",
        purpose="Ejercicio de vigilancia de cruces a pie y de vehículos sin luces",
        exercise=True,
        partners=("Defensoría", "Parlamento"),
        share=("alertas", "este informe"),
        from_utc_ns=START_NS - 86_400 * NS,
        to_utc_ns=START_NS + 86_400 * 6 * NS,
        area=(),
        area_file="area.geojson",
        sha256="22" * 32,
    )


def _plan(slots: int) -> WatchPlan:
    document = {
        "format": "plan/1", "apacheta": "0.1.0", "policy": "strips", "seed": 101, "sector": "Paso de la Apacheta",
        "sector_sha256": "11" * 32, "mandate_sha256": "22" * 32, "terrain_sha256": "3c" * 32,
        "border_sha256": "44" * 32, "aircraft_sha256": {"vtol-small": "55" * 32},
        "start_utc_ns": str(START_NS), "end_utc_ns": str(START_NS + 7200 * NS), "border_standoff_m": 1500.0,
        "border_line_accuracy_m": 300.0, "clearance_required_m": 97.0, "tours": [], "dropped": [],
        "slots": [
            {"id": f"slot-{i}", "aircraft": "cóndor-1", "aircraft_type": "vtol-small", "base": "Base Norte",
             "launch_utc_ns": str(START_NS), "tours": [], "probabilities": [], "drawn": "t1"}
            for i in range(slots)
        ],
        "min_border_distance_m": 2010.0, "min_terrain_clearance_m": 97.0, "min_separation_m": None,
        "min_energy_reserve_fraction": 0.31, "planned_km2": 22.5, "search_rate_km2_h": 9.1,
        "containment": "standoff_only", "certified_detection": None,
    }  # fmt: skip
    return msgspec.convert(document, WatchPlan)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for language in ("es", "en"):
        (folder / f"{language}.html").write_text(render(sample(), language), encoding="utf-8")
