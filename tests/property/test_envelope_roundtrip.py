"""What holds for every envelope, and for any bytes that claim to be one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apacheta.core.errors import InputFault
from apacheta.formats.envelope import Envelope, decode_envelope, encode_envelope, envelopes_of

ENVELOPES = st.builds(
    Envelope,
    key=st.booleans(),
    damaged=st.booleans(),
    gap=st.booleans(),
    own_metadata=st.booleans(),
    codec=st.integers(0, 3),
    pts_90k=st.none() | st.integers(-(1 << 40), (1 << 62)).filter(lambda t: t != -1),
    complete_utc_ns=st.integers(0, (1 << 63) - 1),
    metadata=st.binary(max_size=300),
    payload=st.binary(max_size=900),
)


@given(st.lists(ENVELOPES, max_size=5))
def test_a_row_of_envelopes_comes_back_as_it_was(envelopes: list[Envelope]) -> None:
    assert list(envelopes_of(b"".join(map(encode_envelope, envelopes)))) == envelopes
    assert [decode_envelope(encode_envelope(e)) for e in envelopes] == envelopes


@given(ENVELOPES, st.data())
def test_every_truncation_is_refused(envelope: Envelope, data: st.DataObject) -> None:
    whole = encode_envelope(envelope)
    with pytest.raises(InputFault):
        decode_envelope(whole[: data.draw(st.integers(0, len(whole) - 1))])


@given(st.binary(max_size=80).map(lambda b: b"APV1" + b) | st.binary(max_size=80))
def test_any_bytes_are_read_whole_or_refused(data: bytes) -> None:
    try:
        envelope = decode_envelope(data)
    except InputFault:
        return
    again = encode_envelope(envelope)
    assert (again[:4], again[5:]) == (data[:4], data[5:])
    assert again[4] == data[4] & 0x0F
