"""The envelope: its bytes are pinned here, in docs/page.md and in web/src/video/envelope.test.ts."""

from pathlib import Path

import pytest
from stream_sample import pictures

from apacheta.core.errors import InputFault, LocalProtocolError
from apacheta.formats.envelope import (
    GAP,
    Envelope,
    codec_of,
    decode_envelope,
    encode_envelope,
    envelopes_of,
    flags_of,
    with_gap,
)
from apacheta.formats.keyframes import is_key_unit
from apacheta.formats.ts import H264, HEVC, KLVA, MPEG2_VIDEO

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = Envelope(
    key=True,
    damaged=False,
    gap=False,
    own_metadata=True,
    codec=1,
    pts_90k=90_000,
    complete_utc_ns=1_790_000_000_123_456_789,
    metadata=b'{"utc_ns":"1790000000000000000"}',
    payload=bytes.fromhex("0000000109f00000000165888400"),
)
REFERENCE_HEX = (
    "41505631" "09" "01" "0020" "0000000e" "0000000000015f90" "18d75b842b4ecd15"
    "7b227574635f6e73223a2231373930303030303030303030303030303030227d"
    "0000000109f00000000165888400"
)  # fmt: skip


def test_the_reference_envelope_has_the_pinned_bytes() -> None:
    assert encode_envelope(REFERENCE).hex() == REFERENCE_HEX
    assert decode_envelope(bytes.fromhex(REFERENCE_HEX)) == REFERENCE


@pytest.mark.parametrize("page", ["docs/page.md", "web/src/video/envelope.test.ts"])
def test_the_pinned_bytes_stand_in_the_docs_and_in_the_pages_test(page: str) -> None:
    written = "".join(c for c in (ROOT / page).read_text(encoding="utf-8") if c in "0123456789abcdef")
    assert REFERENCE_HEX in written


def test_every_truncation_is_refused() -> None:
    data = bytes.fromhex(REFERENCE_HEX)
    for size in range(len(data)):
        with pytest.raises(InputFault, match="no envelope") as refused:
            decode_envelope(data[:size])
        assert refused.value.line.code == "bad_envelope"
        assert refused.value.line.remedy


@pytest.mark.parametrize("data", [bytes.fromhex(REFERENCE_HEX) + b"\x00", b"APV2" + bytes.fromhex(REFERENCE_HEX)[4:]])
def test_too_many_bytes_and_another_magic_are_refused(data: bytes) -> None:
    with pytest.raises(InputFault, match="no envelope"):
        decode_envelope(data)


def test_a_row_of_envelopes_gives_those_before_the_one_that_is_cut_off() -> None:
    whole = bytes.fromhex(REFERENCE_HEX)
    row = envelopes_of(whole * 2 + whole[:-1])
    assert [next(row), next(row)] == [REFERENCE, REFERENCE]
    with pytest.raises(InputFault, match="73 bytes of 74"):
        next(row)
    assert list(envelopes_of(b"")) == []


def test_a_gap_is_added_to_the_flags_and_to_nothing_else() -> None:
    data = bytes.fromhex(REFERENCE_HEX)
    assert (flags_of(data), flags_of(with_gap(data))) == (9, 9 | GAP)
    before, after = decode_envelope(data), decode_envelope(with_gap(data))
    assert (after.gap, after.payload, after.metadata) == (True, before.payload, before.metadata)
    assert with_gap(with_gap(data)) == with_gap(data)


@pytest.mark.parametrize("data", [b"", b"APV1\x01", b"\x00" * 40])
def test_flags_of_what_is_no_envelope_are_refused(data: bytes) -> None:
    for read in (flags_of, with_gap):
        with pytest.raises(InputFault, match="no envelope"):
            read(data)


def test_metadata_that_does_not_fit_is_our_own_error() -> None:
    with pytest.raises(LocalProtocolError, match="65536 bytes of metadata"):
        encode_envelope(
            Envelope(**{f: getattr(REFERENCE, f) for f in REFERENCE.__struct_fields__} | {"metadata": b" " * 65536})
        )


def test_codecs_have_the_numbers_of_the_page() -> None:
    assert [codec_of(t) for t in (H264, HEVC, MPEG2_VIDEO, 0x10, KLVA[0])] == [1, 2, 3, 0, 0]


def test_encoded_pictures_are_key_units_where_the_encoder_says_so() -> None:
    units = pictures(21)
    assert [is_key_unit(unit, H264) for unit, _ in units] == [key for _, key in units]
    assert [key for _, key in units].count(True) == 3


@pytest.mark.parametrize(
    ("data", "stream_type", "key"),
    [
        ("0000000140 01 00000001 26 01", HEVC, True),  # VPS, then IDR_W_RADL (19)
        ("00000001 2a 01", HEVC, True),  # CRA (21)
        ("00000001 20 01", HEVC, True),  # BLA_W_LP (16)
        ("00000001 02 01", HEVC, False),  # TRAIL_R (1)
        ("00000001 12 01", HEVC, False),  # RASL_R (9)
        ("00000001 40 01", HEVC, False),  # parameters alone
        ("000001b3 1000 000001 00 0008", MPEG2_VIDEO, True),  # sequence head, then an I picture
        ("000001b3 1000 000001 00 0010", MPEG2_VIDEO, False),  # a P picture
        ("000001 00 0008", MPEG2_VIDEO, False),  # an I picture that nobody says the size of
        ("00000001 67 42 00000001 41 9a", H264, False),  # parameters, then a P slice
        ("00000001 65 88", 0x42, False),  # a stream type that we do not read
        ("", H264, False),
    ],
)
def test_key_units_are_told_by_their_first_slice(data: str, stream_type: int, key: bool) -> None:
    assert is_key_unit(bytes.fromhex(data), stream_type) is key
