from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.clients.datajs import datajs
from tests.clients.openui5 import openui5
from tests.clients.sap_cloud_sdk import sdk, sdk_documents, sdk_of, sdk_v2, sdk_v4, sdk_version
from tests.service.databases import (
    Databases,
    client_of,
    databases,
    engine_of,
    engines,
    people,
    people_by_entity,
    shop,
)
from tests.serving import Serving

__all__ = [
    "client_of", "databases", "datajs", "engine_of", "engines", "openui5", "people", "people_by_entity", "sdk", "sdk_documents", "sdk_of",
    "sdk_v2", "sdk_v4", "sdk_version", "shop",
]  # fmt: skip


@pytest.fixture(scope="session")
def serving_techstore(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """``odata-service serve --sample techstore``, on each of the databases."""
    url = databases.url("served_techstore").render_as_string(hide_password=False)
    serving = Serving.start(tmp_path_factory.mktemp("techstore"), "--sample", "techstore", "--workers", "1", url)
    try:
        yield serving
    finally:
        serving.stop()


@pytest.fixture
def techstore(serving_techstore: Serving) -> str:
    """The root of its V4 service, with just the first rows."""
    root = serving_techstore.roots[0]
    assert httpx.post(f"{root}Reseed").status_code == 204
    return root
