"""The OASIS schemas and vocabularies, from the npm packages that carry them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.npm import Npm, Packages

VOCABULARIES = """
const names = ["Core", "Capabilities", "Aggregation", "Repeatability", "Validation", "Measures"].map((name) => `Org.OData.${name}.V1`);
const read = (name) => require(`@sap-ux/odata-vocabularies/dist/resources/${name}`).default[name];
console.log(JSON.stringify(Object.fromEntries(names.map((name) => [name, read(name)]))));
"""


@pytest.fixture(scope="session")
def oasis(npm: Npm) -> Packages:
    return npm("csdl", "odata-csdl@0.11.2", "@sap-ux/odata-vocabularies@1.1.1")


@pytest.fixture(scope="session")
def vocabularies(oasis: Packages) -> dict[str, Any]:
    return oasis.value(VOCABULARIES)  # type: ignore[no-any-return]
