"""Key-length-value metadata: ST 0601 local sets both ways, EG 0104 universal sets, the camera's pose from both."""

from .decode import decode_packets
from .items import ITEMS, Item, Value
from .packets import MetadataPacket, Standard
from .pose import UndulationOf, missing_for_pose, pose_of
from .st0601 import KEY_0601, encode_st0601

__all__ = [
    "ITEMS",
    "Item",
    "KEY_0601",
    "MetadataPacket",
    "Standard",
    "UndulationOf",
    "Value",
    "decode_packets",
    "encode_st0601",
    "missing_for_pose",
    "pose_of",
]
