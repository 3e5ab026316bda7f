"""Decoding video: access units in, gray images out."""

from .decoder import CODECS, DecodedFrame, DecoderStats, VideoDecoder

__all__ = ["CODECS", "DecodedFrame", "DecoderStats", "VideoDecoder"]
