"""Decoding video: access units in, gray images out; here, or in a process apart."""

from .apart import ApartDecoder
from .decoder import CODECS, DecodedFrame, Decoder, DecoderStats, VideoDecoder

__all__ = ["CODECS", "ApartDecoder", "DecodedFrame", "Decoder", "DecoderStats", "VideoDecoder"]
