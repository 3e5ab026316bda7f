"""The demultiplexer against damage and against everything odd that the standard allows."""

import pytest
from stream_sample import METADATA_PID, PMT_PID, VIDEO_PID, Laid, own_stream, pes, pictures

from apacheta.core.errors import LocalProtocolError
from apacheta.formats.ts import H264, METADATA_IN_PES, PRIVATE_DATA, PesUnit, TsDemuxer, TsMuxer
from apacheta.formats.ts.assembler import LARGEST_UNIT
from apacheta.formats.ts.demux import MOST_HELD_BYTES
from apacheta.formats.ts.psi import pat_bytes, pmt_bytes

KLV = bytes.fromhex("060e2b34020b01010e01030101000000") + b"\x05hello"


def demuxed(data: bytes) -> tuple[list[PesUnit], TsDemuxer]:
    demuxer = TsDemuxer()
    return demuxer.feed(data) + demuxer.flush(), demuxer


def tables(laid: Laid, streams: list[tuple[int, int, bytes]], version: int = 0, number: int = 1) -> bytes:
    """PAT and PMT of one program."""
    return laid.section(0, pat_bytes({number: PMT_PID})) + laid.section(
        PMT_PID, pmt_bytes(number, VIDEO_PID, streams, version)
    )


def video_only(laid: Laid) -> bytes:
    return tables(laid, [(H264, VIDEO_PID, b"")])


def packets_of(data: bytes) -> list[bytes]:
    return [data[at : at + 188] for at in range(0, len(data), 188)]


def pid_of(packet: bytes) -> int:
    return (packet[1] & 0x1F) << 8 | packet[2]


def test_a_bounded_unit_closes_with_its_last_byte() -> None:
    laid, demuxer = Laid(), TsDemuxer()
    demuxer.feed(video_only(laid) + laid.payload(VIDEO_PID, pes(0xE0, b"a" * 1000, 0)))
    packets = packets_of(laid.payload(VIDEO_PID, pes(0xE0, b"b" * 1000, 9000)))
    assert [demuxer.feed(p) for p in packets[:-1]] == [[]] * (len(packets) - 1)
    (unit,) = demuxer.feed(packets[-1])
    assert (unit.data, unit.pts_90k, unit.damaged) == (b"b" * 1000, 9000, False)


def test_an_unbounded_unit_closes_at_the_next_start() -> None:
    laid, demuxer = Laid(), TsDemuxer()
    units = [laid.payload(VIDEO_PID, pes(0xE0, bytes((n,)) * 500, 9000 * n, bounded=False)) for n in range(3)]
    closed = demuxer.feed(video_only(laid) + b"".join(units))
    assert [u.data[0] for u in closed] == [0, 1]
    assert [u.data[0] for u in demuxer.flush()] == [2]


def test_garbage_between_packets_costs_no_unit() -> None:
    whole = packets_of(own_stream(6))
    dirty = b"\x00garbage\x47" * 7 + b"".join(whole[:9]) + b"\x47" * 5 + bytes(range(200)) + b"".join(whole[9:])
    units, demuxer = demuxed(dirty)
    assert units == demuxed(b"".join(whole))[0]
    assert demuxer.stats.resyncs >= 1
    beyond = (demuxer.stats.packets - len(whole)) * 188  # garbage that looked like a packet
    assert demuxer.stats.skipped_bytes + beyond == len(dirty) - 188 * len(whole)


def test_three_sync_bytes_in_step_are_needed_to_begin() -> None:
    false = bytearray(188 * 2 + 50)
    false[10] = false[10 + 376] = 0x47
    units, demuxer = demuxed(bytes(false) + own_stream(3))
    assert len(units) == 6
    assert demuxer.stats.skipped_bytes == len(false)


def test_a_lost_packet_damages_its_unit_and_no_other() -> None:
    packets = packets_of(own_stream(6))
    video = [k for k, p in enumerate(packets) if pid_of(p) == VIDEO_PID and not p[1] & 0x40]
    lost = video[len(video) // 2]
    units, demuxer = demuxed(b"".join(p for k, p in enumerate(packets) if k != lost))
    assert demuxer.stats.continuity_errors == 1
    assert [u.damaged for u in units if u.kind == "video"].count(True) == 1
    assert not any(u.damaged for u in units if u.kind == "metadata")


def test_a_repeated_packet_is_dropped() -> None:
    packets = packets_of(own_stream(4))
    units, demuxer = demuxed(b"".join(p * 2 for p in packets))
    assert units == demuxed(b"".join(packets))[0]
    assert demuxer.stats.continuity_errors == 0
    assert demuxer.stats.duplicates > 0


def test_the_same_count_with_other_bytes_is_a_loss_not_a_repeat() -> None:
    laid = Laid()
    data = video_only(laid) + laid.packet(VIDEO_PID, pes(0xE0, b"a" * 100, 0), True)
    laid.counts[VIDEO_PID] -= 1
    units, demuxer = demuxed(data + laid.packet(VIDEO_PID, pes(0xE0, b"b" * 100, 0), True))
    assert (demuxer.stats.continuity_errors, demuxer.stats.duplicates) == (1, 0)
    assert len(units) == 2


def test_an_announced_jump_of_the_counter_is_no_error() -> None:
    laid = Laid()
    data = video_only(laid) + laid.packet(VIDEO_PID, pes(0xE0, b"a" * 100, 0), True)
    laid.counts[VIDEO_PID] += 5
    units, demuxer = demuxed(data + laid.packet(VIDEO_PID, pes(0xE0, b"b" * 100, 0), True, flags=0x80))
    assert demuxer.stats.continuity_errors == 0
    assert [u.damaged for u in units] == [False, False]


def test_scrambled_and_broken_packets_are_counted_and_damage_their_unit() -> None:
    laid = Laid()
    start = video_only(laid) + laid.packet(VIDEO_PID, pes(0xE0, b"a" * 500, 0)[:184], True)
    units, demuxer = demuxed(start + laid.packet(VIDEO_PID, b"x" * 184, False, scrambled=0x80))
    assert (demuxer.stats.scrambled, [u.damaged for u in units]) == (1, [True])
    broken = bytearray(laid.packet(VIDEO_PID, b"x" * 184, False))
    broken[1] |= 0x80
    units, demuxer = demuxed(start + bytes(broken))
    assert (demuxer.stats.transport_errors, [u.damaged for u in units]) == (1, [True])


def test_a_map_may_lie_over_several_packets() -> None:
    laid = Laid()
    registration = b"\x05\x04KLVA" * 20
    section = pmt_bytes(1, VIDEO_PID, [(H264, VIDEO_PID, b""), (PRIVATE_DATA, METADATA_PID, registration)])
    data = laid.section(0, pat_bytes({1: PMT_PID})) + laid.section(PMT_PID, section, 50)
    units, demuxer = demuxed(data + laid.payload(METADATA_PID, pes(0xBD, KLV)))
    assert [s.kind for s in demuxer.programs[1].streams] == ["video", "metadata"]
    assert [(u.kind, u.data) for u in units] == [("metadata", KLV)]


def test_a_map_with_a_wrong_checksum_is_counted_and_not_believed() -> None:
    laid = Laid()
    wrong = bytearray(pmt_bytes(1, VIDEO_PID, [(H264, VIDEO_PID, b"")]))
    wrong[-1] ^= 1
    data = laid.section(0, pat_bytes({1: PMT_PID})) + laid.section(PMT_PID, bytes(wrong))
    assert demuxed(data)[1].programs == {}
    assert demuxed(data)[1].stats.crc_errors == 1
    assert list(demuxed(data + laid.section(PMT_PID, pmt_bytes(1, 1, [])))[1].programs) == [1]


def test_a_new_version_of_the_map_moves_the_video() -> None:
    laid = Laid()
    data = video_only(laid) + laid.payload(VIDEO_PID, pes(0xE0, b"old" * 100, 0))
    data += laid.section(PMT_PID, pmt_bytes(1, 0x200, [(H264, 0x200, b"")], version=1))
    data += laid.payload(0x200, pes(0xE0, b"new" * 100, 9000)) + laid.payload(VIDEO_PID, pes(0xE0, b"ghost", 9000))
    units, demuxer = demuxed(data)
    assert [(u.pid, u.data[:3]) for u in units] == [(VIDEO_PID, b"old"), (0x200, b"new")]
    assert demuxer.programs[1].version == 1


def test_several_programs_are_read_side_by_side() -> None:
    laid = Laid()
    data = laid.section(0, pat_bytes({1: 0x1000, 2: 0x1001}))
    data += laid.section(0x1000, pmt_bytes(1, 0x100, [(H264, 0x100, b"")]))
    data += laid.section(0x1001, pmt_bytes(2, 0x200, [(0x24, 0x200, b"")]))
    data += laid.payload(0x200, pes(0xE0, b"two", 0)) + laid.payload(0x100, pes(0xE0, b"one", 0))
    units, demuxer = demuxed(data)
    assert [(u.pid, u.stream_type, u.data) for u in units] == [(0x200, 0x24, b"two"), (0x100, H264, b"one")]
    assert sorted(demuxer.programs) == [1, 2]


def test_a_program_that_comes_back_has_its_map_read_again() -> None:
    laid = Laid()
    first = video_only(laid) + laid.section(0, pat_bytes({2: PMT_PID}, version=1))
    assert demuxed(first)[1].programs == {}
    back = laid.section(0, pat_bytes({1: PMT_PID}, version=2))
    back += laid.section(PMT_PID, pmt_bytes(1, VIDEO_PID, [(H264, VIDEO_PID, b"")]))
    assert sorted(demuxed(first + back)[1].programs) == [1]


def test_time_stamps_go_on_over_the_wrap() -> None:
    muxer, demuxer = TsMuxer(), TsDemuxer()
    start = (1 << 33) - 18_000
    units = [u for n in range(5) for u in demuxer.feed(muxer.frame(start + 9000 * n, b"\0\0\0\1\x65" * 9, KLV, n == 0))]
    assert [u.pts_90k for u in units if u.kind == "video"] == [start + 9000 * n for n in range(5)]
    assert [u.pts_90k for u in units if u.kind == "metadata"] == [start + 9000 * n for n in range(5)]


@pytest.mark.parametrize("stream_type", [METADATA_IN_PES, PRIVATE_DATA])
def test_bare_klv_is_metadata_even_where_nothing_announces_it(stream_type: int) -> None:
    laid = Laid()
    data = tables(laid, [(stream_type, METADATA_PID, b"")]) + laid.payload(METADATA_PID, pes(0xFC, KLV))
    assert [(u.kind, u.data) for u in demuxed(data)[0]] == [("metadata", KLV)]


def cell(sequence: int, fragment: int, data: bytes) -> bytes:
    return bytes((0, sequence, fragment << 6 | 0x1F)) + len(data).to_bytes(2, "big") + data


def metadata_pes(*payloads: bytes) -> tuple[list[PesUnit], TsDemuxer]:
    laid = Laid()
    data = tables(laid, [(METADATA_IN_PES, METADATA_PID, b"")])
    data += b"".join(laid.payload(METADATA_PID, pes(0xFC, p, 9000 * n)) for n, p in enumerate(payloads))
    return demuxed(data)


def test_several_cells_of_one_pes_packet_are_several_units() -> None:
    units, _ = metadata_pes(cell(0, 3, KLV + b"1") + cell(1, 3, KLV + b"2"))
    assert [u.data for u in units] == [KLV + b"1", KLV + b"2"]


def test_a_unit_in_fragments_over_pes_packets_is_put_together() -> None:
    units, _ = metadata_pes(cell(254, 2, b"one "), cell(255, 0, b"two ") + cell(0, 1, b"three"), cell(1, 3, KLV))
    assert [(u.data, u.damaged, u.pts_90k) for u in units] == [(b"one two three", False, 9000), (KLV, False, 18000)]


def test_a_lost_fragment_damages_the_unit_and_no_later_one() -> None:
    units, _ = metadata_pes(cell(0, 2, b"one "), cell(2, 1, b"three"), cell(3, 3, KLV))
    assert [u.damaged for u in units] == [True, True, False]


def test_a_cell_longer_than_its_pes_packet_is_damaged() -> None:
    units, _ = metadata_pes(cell(0, 3, KLV)[:-3])
    assert [u.damaged for u in units] == [True]


def test_a_unit_that_never_ends_is_given_up() -> None:
    laid, demuxer = Laid(), TsDemuxer()
    demuxer.feed(video_only(laid) + laid.packet(VIDEO_PID, pes(0xE0, b"a" * 160, 0, bounded=False), True))
    run = b"".join(laid.packet(VIDEO_PID, b"z" * 184, False) for _ in range(16 * 100))
    for _ in range(3 * LARGEST_UNIT // len(run)):
        demuxer.feed(run)
    assert demuxer.stats.oversize_units == 1
    assert demuxer.feed(laid.payload(VIDEO_PID, pes(0xE0, b"next", 9000)))[0].data == b"next"


def test_many_units_that_never_end_stay_within_one_bound() -> None:
    pids = range(0x200, 0x208)
    laid, demuxer = Laid(), TsDemuxer()
    demuxer.feed(tables(laid, [(H264, pid, b"") for pid in pids]))
    for pid in pids:
        demuxer.feed(laid.packet(pid, pes(0xE0, b"a" * 160, 0, bounded=False), True))
        run = b"".join(laid.packet(pid, b"z" * 184, False) for _ in range(16 * 200))
        for _ in range((LARGEST_UNIT - 200_000) // len(run)):
            demuxer.feed(run)
    held = sum(len(u.data) for u in demuxer.flush())
    assert demuxer.stats.oversize_units >= 3
    assert held <= MOST_HELD_BYTES


def test_a_stream_cut_anywhere_gives_what_came_before() -> None:
    whole = own_stream(5)
    units = demuxed(whole)[0]
    for cut in range(len(whole) - 1500, len(whole), 97):
        got = demuxed(whole[:cut])[0]
        undamaged = [u for u in got if not u.damaged]
        assert undamaged == units[: len(undamaged)]


def test_key_frames_and_clocks_are_marked() -> None:
    units, demuxer = demuxed(own_stream(12))
    assert [u.keyframe for u in units if u.kind == "video"] == [key for _, key in pictures(12)]
    assert demuxer.stats.clock_references == 12
    assert demuxer.clock_27m[VIDEO_PID] == (90_000 + 11 * 9_000 - 9_000) * 300
    assert demuxer.video_span_s() == pytest.approx(1.1)


def test_klv_that_does_not_fit_a_cell_is_refused() -> None:
    with pytest.raises(LocalProtocolError):
        TsMuxer().frame(0, b"x", bytes(70_000), True)
