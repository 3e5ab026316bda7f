"""The promises: what the outside world must give us. Each comment states the guarantees; suites test them."""

from .clock import Clock
from .dem_source import DemSource, HeightGrid
from .log_store import LogStore
from .stream_source import Chunk, StreamSource
from .vehicle_link import VehicleLink

__all__ = ["Chunk", "Clock", "DemSource", "HeightGrid", "LogStore", "StreamSource", "VehicleLink"]
