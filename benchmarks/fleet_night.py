"""Three aircraft, nights of 25 minutes: `apacheta demo --headless --aircraft 3`, with crossers and without.

The figures of `night.py` for the fleet, of seeds that nobody has looked at, at five pictures a second: a watch looks
five times a second, whatever the camera's rate is. So many cross (25 times as many as on other nights) that thirty come
into view in a few hours.
`--jobs`, `--most`, `--resume` as there.
"""

import sys

from night import Campaign, main

FLEET = Campaign(
    "fleet_night", 3, tuple(range(141, 145)), (141, 142, 143), 1.3, 3072,
    rate_hz=5.0, minutes=25, crossers_per_hour=1500.0,
)  # fmt: skip

if __name__ == "__main__":
    sys.exit(main(FLEET))
