"""Three aircraft, whole nights: `apacheta demo --headless --aircraft 3 --minutes 60`, with crossers and without.

The figures of `night.py` for the fleet, of seeds that nobody has looked at, at five pictures a second: a watch looks
five times a second, whatever the camera's rate is. `--jobs`, `--most`, `--resume` as there.
"""

import sys

from night import Campaign, main

FLEET = Campaign("fleet_night", 3, tuple(range(131, 137)), (131,), 1.3, 3072, rate_hz=5.0, minutes=60)

if __name__ == "__main__":
    sys.exit(main(FLEET))
