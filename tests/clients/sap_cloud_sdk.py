"""Clients that the SAP Cloud SDK generates of a service's $metadata."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache

import pytest
from sqlalchemy import create_engine

from odata_service.sample import sample_named
from tests.clients.node import Node, running
from tests.delta.client import ClientV4
from tests.npm import Npm, Packages
from tests.service.client import Client
from tests.service.databases import service_of

PACKAGES = ("@sap-cloud-sdk/generator@4.5.1", "@sap-cloud-sdk/odata-v2@4.8.0", "@sap-cloud-sdk/odata-v4@4.8.0")
# The generator writes TypeScript; its own compiler would first spend a quarter of a minute on checks of types.
LOAD = """
const ts = require("typescript")
const { readFileSync } = require("node:fs")
const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 }
require.extensions[".ts"] = (module, file) =>
  module._compile(ts.transpileModule(readFileSync(file, "utf8"), { compilerOptions }).outputText, file)
Object.assign(globalThis, {
  odata: require("@sap-cloud-sdk/odata-%(version)s"),
  client: require("./clients/%(version)s/%(name)s/%(name)s/index.ts"),
})
"""
# Short words for builders and fields. What ``named`` finds is an entity that can be changed.
WORDS = """
const types = odata.mergeDefaultDeSerializersWith(%s)
const { productsApi, categoriesApi, productDescriptionsApi, decimalSamplesApi, readOnlyItemsApi } = client.techstore(types)
Object.assign(globalThis, {
  types,
  productsApi, products: () => productsApi.requestBuilder(), Product: productsApi.schema,
  categoriesApi, categories: () => categoriesApi.requestBuilder(), Category: categoriesApi.schema,
  descriptionsApi: productDescriptionsApi, descriptions: () => productDescriptionsApi.requestBuilder(),
  Description: productDescriptionsApi.schema,
  samplesApi: decimalSamplesApi, samples: () => decimalSamplesApi.requestBuilder(),
  readOnlyItems: () => readOnlyItemsApi.requestBuilder(),
  moment: require("moment"),
  functions: odata.filterFunctions(),
  pen: () => productsApi.entityBuilder().name("Pen").price(1.5),
  names: async (request) => (await request.execute(service)).map((entity) => entity.name),
  namesIn: (category) =>
    names(products().getAll().filter(Product.CATEGORY.filter(Category.NAME.equals(category))).orderBy(Product.NAME)),
  named: async (name) => (await products().getAll().filter(Product.NAME.equals(name)).execute(service))[0],
  status: (request) => request.execute(service).then(() => "done", (error) => error.rootCause.response.status),
})
"""
# Left to itself, the SDK takes every Edm.Time of V2 for a time of day and fails over a day and two hours.
DURATIONS = """{
  "Edm.Time": {
    deserialize: (text) => require("moment").duration(text),
    serialize: (value) => value.toISOString(),
    serializeToUri: (value) => `time'${value.toISOString()}'`,
  },
}"""


@contextmanager
def generated(packages: Packages, name: str, version: str, metadata: bytes) -> Iterator[Node]:
    """A Node that knows ``odata``, the library, and ``client``, what was generated of the document."""
    folder = packages.folder / "clients" / version / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / f"{name}.edmx").write_bytes(metadata)
    generator = packages.modules / ".bin" / "generate-odata-client"
    packages.node(str(generator), "--input", str(folder / f"{name}.edmx"), "--outputDir", str(folder))
    with running(packages) as node:
        node(LOAD % {"name": name, "version": version})
        yield node


def send_to(node: Node, root: str) -> Node:
    """The same, which also knows ``service``, where requests go."""
    node(f"globalThis.service = {{ url: {json.dumps(root.rstrip('/'))} }}")
    return node


@pytest.fixture(scope="session")
def sdk_documents() -> dict[str, bytes]:
    """The TechStore's $metadata in each version; it is the same on every database."""
    service = service_of(sample_named("techstore"), create_engine("sqlite://"))
    clients = {"v2": Client(service), "v4": ClientV4(service)}
    return {version: client.get("$metadata", Accept="application/xml").body for version, client in clients.items()}


@pytest.fixture(scope="session")
def sdk_of(npm: Npm, sdk_documents: dict[str, bytes]) -> Iterator[Callable[[str], Node]]:
    """``sdk_of("v2")`` is made when it is first asked for."""
    with ExitStack() as stack:

        @cache
        def client(version: str) -> Node:
            packages = npm("sap-cloud-sdk", *PACKAGES)
            node = stack.enter_context(generated(packages, "techstore", version, sdk_documents[version]))
            node(WORDS % (DURATIONS if version == "v2" else "{}"))
            return node

        yield client


@pytest.fixture(params=["v2", "v4"])
def sdk_version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def sdk(sdk_of: Callable[[str], Node], techstore: str, sdk_version: str) -> Node:
    """The client of either version, with the first rows in the shop."""
    return send_to(sdk_of(sdk_version), techstore.replace("v4", sdk_version))


@pytest.fixture
def sdk_v2(sdk_of: Callable[[str], Node], techstore: str) -> Node:
    return send_to(sdk_of("v2"), techstore.replace("v4", "v2"))


@pytest.fixture
def sdk_v4(sdk_of: Callable[[str], Node], techstore: str) -> Node:
    return send_to(sdk_of("v4"), techstore)
