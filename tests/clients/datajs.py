"""datajs, Microsoft's JavaScript library for OData V2, on Node."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.clients.node import Node, running
from tests.npm import Npm

PACKAGES = ("datajs@1.0.3", "@xmldom/xmldom@0.8.10")
# What it expects of a browser, and one word for everything it does: ``ask("GET", "People?$top=1")`` gives what it read.
LOAD = """
const { DOMImplementation, DOMParser, XMLSerializer } = require("@xmldom/xmldom")
Object.assign(globalThis, { DOMParser, XMLSerializer, document: { implementation: new DOMImplementation() } })
require("datajs")

/** In a browser an attribute's two values are one. */
const { prototype } = document.implementation.createDocument(null, "any").constructor
const { createAttributeNS } = prototype
prototype.createAttributeNS = function (namespace, name) {
  const attribute = createAttributeNS.call(this, namespace, name)
  const nodeValue = { get: () => attribute.value, set: (value) => { attribute.value = value } }
  return Object.defineProperty(attribute, "nodeValue", nodeValue)
}

const capitals = (name) => name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())

/** Its own client is made of XMLHttpRequest. */
OData.defaultHttpClient = {
  request(request, success, error) {
    const { method = "GET", requestUri, headers, body } = request
    const answered = async (answer) => {
      const given = Object.fromEntries([...answer.headers].map(([name, value]) => [capitals(name), value]))
      const response = { requestUri, statusCode: answer.status, headers: given, body: await answer.text() }
      if (answer.ok) success(response)
      else error({ message: response.body, request, response })
    }
    fetch(requestUri, { method, headers, body }).then(answered).catch(error)
    return { abort() {} }
  },
}

Object.assign(globalThis, {
  accept: {},
  ask: (method, url, data, headers = {}, handler = undefined) =>
    new Promise((resolve, reject) => {
      const requestUri = url.startsWith("http") ? url : root + url
      const request = { method, requestUri, data, headers: { ...accept, ...headers } }
      const refused = (error) => reject(Object.assign(new Error(error.message), error))
      OData.request(request, resolve, refused, handler, undefined, metadata)
    }),
  /** Arrays are change sets. What comes back has the same form. */
  batch: async (parts) => {
    const request = ([method, requestUri, data, headers]) =>
      ({ method, requestUri, data, headers: method === "GET" ? undefined : { ...accept, ...headers } })
    const __batchRequests = parts.map((part) =>
      Array.isArray(part[0]) ? { __changeRequests: part.map(request) } : request(part))
    const headers = { Accept: "multipart/mixed", "Content-Type": undefined }
    const { __batchResponses } = await ask("POST", "$batch", { __batchRequests }, headers, OData.batchHandler)
    return __batchResponses.map((answer) => answer.__changeResponses ?? answer)
  },
  names: (data) => data.results.map((entity) => entity.Name),
  status: (asked) => asked.then(() => "done", (error) => error.response.statusCode),
})
"""
FORMATS = {
    "json": {"Accept": "application/json", "Content-Type": "application/json"},
    "atom": {
        "Accept": "application/atom+xml,application/atomsvc+xml,application/xml",
        "Content-Type": "application/atom+xml",
    },
}


@pytest.fixture(scope="session")
def datajs(npm: Npm) -> Iterator[Node]:
    with running(npm("datajs", *PACKAGES)) as node:
        node(LOAD)
        yield node


def send_to(datajs: Node, root: str, format_: str) -> Node:
    """The same, which asks the service at ``root`` in JSON or in Atom, and has read its metadata."""
    datajs(f"""
        Object.assign(globalThis, {{ root: {json.dumps(root)}, accept: {{}}, metadata: undefined }})
        globalThis.metadata = await ask("GET", "$metadata", undefined, {{}}, OData.metadataHandler)
        globalThis.accept = {json.dumps(FORMATS[format_])}
    """)
    return datajs
