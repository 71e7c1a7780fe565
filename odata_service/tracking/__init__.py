"""LastUpdated and IsDeleted: which models are tracked, stamps in commit order, and the save hook that sets both."""

from .begin import prepare_engine, writing
from .bookkeeping import create_missing
from .clock import UTC_CLOCK, Clock, has_counter, last_stamp, last_stamps, milliseconds, moment
from .clock import install as install_clock
from .floor import floor_of, has_floor
from .hook import install as install_hook
from .hook import write_sessions
from .images import UNTIL, Images, are_kept, begin_to_keep, forget_images, image_at, images_of, keep_images
from .kept import grave_stamp, greatest_stamp, rows_of
from .new_rows import are_rows, insert_rows
from .retention import purge
from .rows import parent_link, stamp_column
from .tombstones import BulkWriteRefused, HardDeleteRefused, vanish
from .tracked import EntityTracking, Tracking, tracked, tracking_of
from .unlinked import forget_unlinked, tables_of_links, unlinked, watch_links

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
    "are_rows",
    "begin_to_keep",
    "create_missing",
    "floor_of",
    "forget_images",
    "forget_unlinked",
    "grave_stamp",
    "greatest_stamp",
    "has_counter",
    "has_floor",
    "image_at",
    "images_of",
    "insert_rows",
    "install_clock",
    "install_hook",
    "keep_images",
    "last_stamp",
    "last_stamps",
    "milliseconds",
    "moment",
    "parent_link",
    "prepare_engine",
    "purge",
    "rows_of",
    "stamp_column",
    "tables_of_links",
    "tracked",
    "tracking_of",
    "unlinked",
    "vanish",
    "watch_links",
    "write_sessions",
    "writing",
]
