"""Addresses that clients send in bodies, batches and options, and that are none."""

from __future__ import annotations

import json

import pytest

from odata_service import Headers, ODataRequest
from odata_service.protocol import V2, V4, Protocol
from tests.service.client import Client

NO_ADDRESSES = ["http://[", "http://[x]y/AddressTypes(1)", "//["]
RELATED = "http://schemas.microsoft.com/ado/2007/08/dataservices/related/Addresses"


@pytest.mark.parametrize("address", NO_ADDRESSES[:2])
def test_in_json(people: Client, address: str):
    body = {"AddressTypeId": 9, "Name": "x", "Addresses": [{"__metadata": {"uri": address}}]}
    assert people.post("AddressTypes", body).error == (400, "BadReference")


@pytest.mark.parametrize("base", ["", "http://h/svc/"])
@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_in_atom(people: Client, base: str, address: str):
    for around, href in ((base, address), (address, "x")):
        link = f'<link rel="{RELATED}" href="{href}"/>'
        entry = f'<entry xmlns="http://www.w3.org/2005/Atom" xml:base="{around}">{link}</entry>'
        assert 400 <= people.post("AddressTypes", entry.encode(), Content_Type="application/atom+xml").status < 500


@pytest.mark.parametrize("protocol", [V2, V4])
@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_in_a_batch(people: Client, protocol: Protocol, address: str):
    body = f"--b\r\nContent-Type: application/http\r\n\r\nGET {address} HTTP/1.1\r\n\r\n--b--\r\n".encode()
    headers = Headers({"Content-Type": "multipart/mixed;boundary=b"})
    answer = people.service.handle(ODataRequest(protocol, "POST", "$batch", "", headers, body, people.root))
    assert b"HTTP/1.1 400" in answer.body


@pytest.mark.parametrize("address", NO_ADDRESSES[:2])
def test_in_an_option(people: Client, address: str):
    answer = people.service.handle(ODataRequest(V4, "GET", "$entity", f"$id={address}"))
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (400, "BadReference")
