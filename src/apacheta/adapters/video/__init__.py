"""Decoding video: access units in, gray images out."""

from .decoder import CODECS, DecodedFrame, DecoderStats, H264Decoder, VideoDecoder

__all__ = ["CODECS", "DecodedFrame", "DecoderStats", "H264Decoder", "VideoDecoder"]
