"""Versions and formats are obeyed, or refused (Protocol, Header Fields)."""

import pytest


@pytest.mark.parametrize("version, names", [("4.0", "@odata.context"), ("4.01", "@context")])
def test_version_of_the_answer(shop, version, names):
    answer = shop.get("Products", OData_MaxVersion=version)
    assert answer.headers["OData-Version"] == version
    assert names in answer.json


@pytest.mark.parametrize("status, headers", [
    (400, {"OData-MaxVersion": "3.0"}), (400, {"OData-Version": "5.0"}), (406, {"Accept": "application/xml"}),
    (406, {"Accept": "application/json;odata.metadata=nothing"}), (406, {"Accept": "application/json;q=0"}),
    (200, {"Accept": "application/xml;q=0.1,application/json;q=0.9"}), (200, {"Accept": "*/*"}),
])  # fmt: skip
def test_headers(shop, status, headers):
    assert shop.get("Products", **headers).status == status
