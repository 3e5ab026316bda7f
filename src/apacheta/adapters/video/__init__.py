"""Decoding video: access units in, gray images out."""

from .decoder import CODECS, DecodedFrame, H264Decoder, VideoDecoder

__all__ = ["CODECS", "DecodedFrame", "H264Decoder", "VideoDecoder"]
