"""What every VehicleLink keeps: fixes as they were sent, in order of arrival, none invented; an end that is an end."""

import io
import os
import socket
from collections.abc import Callable
from typing import BinaryIO

import msgspec
import pytest

from apacheta.adapters.telemetry import DatagramLink, JsonLinesLink
from apacheta.core.place import GeoPoint
from apacheta.core.sight import Fix
from apacheta.ports import VehicleLink


def fix(second: int) -> Fix:
    """A fix of aircraft A1."""
    return Fix(
        aircraft="A1", utc_ns=second * 10**9, position=GeoPoint(lat_deg=-20.0, lon_deg=-67.0, alt_hae_m=4500.0),
        heading_deg=90.0, pitch_deg=1.0, roll_deg=0.0, ground_speed_m_s=20.0, battery_fraction=0.8, phase="station",
        sigma_h_m=2.0, sigma_v_m=4.0, source="test",
    )  # fmt: skip


def line(second: int) -> bytes:
    return msgspec.json.encode(fix(second)) + b"\n"


def from_file(data: bytes) -> BinaryIO:
    return io.BytesIO(data)


def from_pipe(data: bytes) -> BinaryIO:
    """The reading end of a pipe whose writer has gone."""
    reading, writing = os.pipe()
    os.write(writing, data)
    os.close(writing)
    return os.fdopen(reading, "rb")


def by_lines(make: Callable[[bytes], BinaryIO]) -> Callable[[bytes], VehicleLink]:
    return lambda data: JsonLinesLink(make(data), "test")


def by_datagrams(data: bytes) -> VehicleLink:
    """A link over a socket in which one datagram a line waits; its sender has gone."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for one in data.splitlines(keepends=True):
                sender.sendto(one, bound.getsockname())
        link = DatagramLink(os.dup(bound.fileno()), "test")
    link.close()
    return link


@pytest.fixture(params=[by_lines(from_file), by_lines(from_pipe), by_datagrams], ids=["file", "pipe", "datagrams"])
def link_of(request: pytest.FixtureRequest) -> Callable[[bytes], VehicleLink]:
    """A link over these bytes."""
    return request.param  # type: ignore[no-any-return]


def test_fixes_come_as_they_were_sent_in_order_of_arrival(link_of: Callable[[bytes], VehicleLink]) -> None:
    link = link_of(line(3) + line(1) + line(2))
    assert list(link.fixes()) == [fix(3), fix(1), fix(2)]
    link.close()


def test_a_lost_link_ends_and_invents_nothing(link_of: Callable[[bytes], VehicleLink]) -> None:
    link = link_of(b"")
    assert list(link.fixes()) == []
    link.close()


@pytest.mark.parametrize("damage", [b"\xff\xfe\n", b"{}\n", b'{"aircraft":\n', b"\n", line(9)[:40] + b"\n"])
def test_a_damaged_line_is_left_out_and_counted(link_of: Callable[[bytes], VehicleLink], damage: bytes) -> None:
    link = link_of(line(1) + damage + line(2))
    assert list(link.fixes()) == [fix(1), fix(2)]
    assert isinstance(link, JsonLinesLink | DatagramLink)
    assert link.damaged == 1
    link.close()


def test_a_line_torn_by_a_crash_is_no_fix(link_of: Callable[[bytes], VehicleLink]) -> None:
    link = link_of(line(1) + line(2)[:-20])
    assert list(link.fixes()) == [fix(1)]
    link.close()
