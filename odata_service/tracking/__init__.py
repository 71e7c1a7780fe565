"""LastUpdated and IsDeleted: which models are tracked, stamps in commit order, and the save hook that sets both."""

from .begin import prepare_engine, writing
from .bookkeeping import create_missing
from .clock import UTC_CLOCK, Clock, has_counter, last_stamp, last_stamps, milliseconds, moment
from .clock import install as install_clock
from .floor import floor_of, has_floor
from .hook import install as install_hook
from .hook import write_sessions
from .images import UNTIL, Images, are_kept, begin_to_keep, forget_images, images_of, keep_images
from .retention import purge
from .rows import stamp_column
from .tombstones import BulkWriteRefused, HardDeleteRefused, vanish
from .tracked import EntityTracking, Tracking, tracked, tracking_of

__all__ = [
    "UNTIL",
    "UTC_CLOCK",
    "BulkWriteRefused",
    "Clock",
    "EntityTracking",
    "HardDeleteRefused",
    "Images",
    "Tracking",
    "are_kept",
    "begin_to_keep",
    "create_missing",
    "floor_of",
    "forget_images",
    "has_counter",
    "has_floor",
    "images_of",
    "install_clock",
    "install_hook",
    "keep_images",
    "last_stamp",
    "last_stamps",
    "milliseconds",
    "moment",
    "prepare_engine",
    "purge",
    "stamp_column",
    "tracked",
    "tracking_of",
    "vanish",
    "write_sessions",
    "writing",
]
