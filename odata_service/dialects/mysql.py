"""MariaDB, where its URL says ``mysql+pymysql://``."""

from odata_service.dialects.mariadb import CALLS, DATABASE

__all__ = ["CALLS", "DATABASE"]
