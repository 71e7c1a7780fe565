"""MariaDB, where its URL says ``mysql+pymysql://``."""

from __future__ import annotations

from odata_service.reflect.of_mariadb import PRODUCT

__all__ = ["PRODUCT"]
