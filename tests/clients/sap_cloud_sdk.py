"""Clients that the SAP Cloud SDK generates of a service's $metadata."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from tests.clients.node import Node, running
from tests.npm import Packages

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
  client: require("./clients/%(name)s/%(name)s/index.ts"),
})
"""


@contextmanager
def generated(packages: Packages, name: str, version: str, metadata: bytes) -> Iterator[Node]:
    """A Node that knows ``odata``, the library, and ``client``, what was generated of the document."""
    folder = packages.folder / "clients" / name
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
