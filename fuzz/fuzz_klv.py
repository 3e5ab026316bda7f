"""Atheris harness: any bytes through the metadata decoder must come back as packets, and only whole ones give a pose.

Run: pip install atheris, then `python fuzz/fuzz_klv.py -max_total_time=600 CORPUS`.
"""

import sys

import atheris

with atheris.instrument_imports():
    from apacheta.formats.klv import decode_packets, missing_for_pose, pose_of


def test_one_input(data: bytes) -> None:
    """Never an exception; a pose only from a set whose checksum holds or that has none."""
    for packet in decode_packets(data):
        missing_for_pose(packet)
        if pose_of(packet, lambda lat_deg, lon_deg: 0.0) is not None:
            assert packet.usable


if __name__ == "__main__":
    atheris.Setup(sys.argv, test_one_input)
    atheris.Fuzz()
