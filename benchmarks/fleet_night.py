"""Three aircraft, whole nights: `apacheta demo --headless --aircraft 3 --minutes 120`, with crossers and without.

The figures of `night.py` for the fleet, of seeds that nobody has looked at. `--jobs`, `--most`, `--resume` as there.
"""

import sys

from night import Campaign, main

FLEET = Campaign("fleet_night", 3, tuple(range(131, 136)), (131,), 1.3, 3072)

if __name__ == "__main__":
    sys.exit(main(FLEET))
