"""LastUpdated and IsDeleted: which models are tracked, stamps in commit order, and the save hook that sets both."""

from .clock import UTC_CLOCK, Clock, has_counter, last_stamp, moment, prepare_engine, writing
from .clock import install as install_clock
from .hook import install as install_hook
from .hook import write_sessions
from .tombstones import BulkWriteRefused, HardDeleteRefused
from .tracked import EntityTracking, Tracking, tracked, tracking_of

__all__ = [
    "UTC_CLOCK",
    "BulkWriteRefused",
    "Clock",
    "EntityTracking",
    "HardDeleteRefused",
    "Tracking",
    "has_counter",
    "install_clock",
    "install_hook",
    "last_stamp",
    "moment",
    "prepare_engine",
    "tracked",
    "tracking_of",
    "write_sessions",
    "writing",
]
