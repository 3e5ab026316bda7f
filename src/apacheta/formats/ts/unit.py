"""What the demultiplexer gives: units, and counts of everything that was met."""

import msgspec

from .streams import Kind


class PesUnit(msgspec.Struct, frozen=True, kw_only=True):
    """One access unit. `pts_90k`, `dts_90k`: 90 kHz without wrap, None where the stream gives none.

    `damaged`: packets are missing or the length is short. `keyframe`: the stream marks it as a point to start from.
    `after_loss`: whole units may be missing before it, whole as it is itself.
    """

    pid: int
    kind: Kind
    stream_type: int
    pts_90k: int | None
    data: bytes
    damaged: bool
    dts_90k: int | None = None
    keyframe: bool = False
    after_loss: bool = False


class TsStats(msgspec.Struct):
    """Counts since the start. `skipped_bytes`: not in any packet. `pes_errors`: units without a valid head."""

    packets: int = 0
    skipped_bytes: int = 0
    resyncs: int = 0
    transport_errors: int = 0
    continuity_errors: int = 0
    duplicates: int = 0
    scrambled: int = 0
    adaptation_errors: int = 0
    crc_errors: int = 0
    section_errors: int = 0
    pes_errors: int = 0
    oversize_units: int = 0
    units: int = 0
    damaged_units: int = 0
    clock_references: int = 0
