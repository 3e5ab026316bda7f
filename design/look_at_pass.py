"""Draw a generated pass: hillshade, border, roads, villages, salt flat, bases, and the night's paths.

    python design/look_at_pass.py SEED OUT.png [--small]

Look before you believe: rivers that run straight, a border off the crest, villages on a slope, crossers in one line.
"""

import sys
import time

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LightSource

from apacheta.sim import world as worlds

NIGHT_NS = 1_782_345_600_000_000_000
HOURS = 2.0
COLOURS = {"foot": "gold", "mules": "orange", "convoy": "magenta", "shepherd": "lime", "villager": "cyan"}


def draw_ground(axes: Axes, world: worlds.World) -> None:
    """Hillshade coloured by height, with everything that is built."""
    west, south, east, north = world.bounds
    every = 3 if world.truth_amsl_m.shape[0] > 1500 else 1
    height = world.truth_amsl_m[::every, ::every]
    cell = world.truth_cell_m * every
    shaded = LightSource(315, 40).shade(height, plt.get_cmap("terrain"), dx=cell, dy=cell, blend_mode="soft")
    axes.imshow(shaded, origin="lower", extent=(west, east, south, north))
    for chain in world.border:
        axes.plot(*chain.T, "r", lw=1.6)
    for way in world.ways:
        axes.plot(*way.chain.T, "k" if way.kind == "road" else "k--", lw=1.2)
    axes.plot(*world.salt_flat.T, "c", lw=1.5)
    for village in world.villages:
        axes.add_patch(plt.Circle((village.x_m, village.y_m), village.radius_m, color="w"))
        axes.annotate(village.name, (village.x_m, village.y_m))
    for sites, mark in ((world.goals, "w*"), (world.bases, "bs"), (world.relays, "b^")):
        for site in sites:
            axes.plot(site.x_m, site.y_m, mark, ms=8, mec="k")


def main(seed: int, out: str, small: bool) -> None:
    """Make the world, draw it whole and its middle, and print its figures."""
    start = time.perf_counter()
    world = worlds.generate_world(seed, *((6000.0, 5000.0) if small else ()))
    print(f"made in {time.perf_counter() - start:.1f} s; {len(world.bases)} bases, {len(world.relays)} relays")
    start = time.perf_counter()
    party_list = worlds.parties_of(world, NIGHT_NS, NIGHT_NS + int(HOURS * 3600e9), seed)
    print(f"{len(party_list)} parties in {time.perf_counter() - start:.1f} s")
    height = world.product_amsl_m[::3, ::3]
    slope = np.degrees(np.arctan(np.hypot(*np.gradient(height, 90.0))))
    print("slope p5/25/50/75/95 (90 m)", np.percentile(slope, [5, 25, 50, 75, 95]).round(1))
    figure, axes = plt.subplots(figsize=(20, 15.5))
    draw_ground(axes, world)
    for party in party_list:
        axes.plot(*party.routes[0].xy_m.T, color=COLOURS.get(party.kind, "white"), lw=1.3)
    figure.tight_layout()
    figure.savefig(out, dpi=70)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], "--small" in sys.argv)
