"""Batches as V2's clients send them (MS-ODATA, Batch Request), those of WCF's own client among them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.service.client import ROOT, Answer, Client

ADA = "People(guid'0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001')"
NAMESPACES = (
    'xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices" '
    'xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata" xmlns="http://www.w3.org/2005/Atom"'
)
SCHEME = "http://schemas.microsoft.com/ado/2007/08/dataservices/scheme"
WCF = {
    "Accept": "application/atom+xml,application/xml",
    "Accept-Charset": "UTF-8",
    "DataServiceVersion": "1.0;NetFx",
    "MaxDataServiceVersion": "2.0;NetFx",
    "Content-Type": "multipart/mixed; boundary=batch_b",
    "Expect": "100-continue",
}


@dataclass(frozen=True)
class Part:
    """One answer of a batch."""

    status: int
    headers: dict[str, str]
    body: str


def entry(type_name: str, **values: str) -> str:
    """As WCF's client writes it: all it has, and an empty id."""
    properties = "".join(f"<d:{name}>{value}</d:{name}>" for name, value in values.items())
    category = f'<category scheme="{SCHEME}" term="PeopleModel.{type_name}" />'
    content = f'<content type="application/xml"><m:properties>{properties}</m:properties></content>'
    return f"<entry {NAMESPACES}>{category}<id />{content}</entry>"


def uri(address: str) -> str:
    return f'<uri xmlns="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">{address}</uri>'


def change_set(*requests: str) -> str:
    """Requests of one change set, with the bare line feeds of Mono's client."""
    parts = [
        f"--changeset_c\nContent-Type: application/http\nContent-Transfer-Encoding: binary\n\n{each}\n"
        for each in requests
    ]
    return f"--batch_b\nContent-Type: multipart/mixed; boundary=changeset_c\n\n{''.join(parts)}--changeset_c--\n"


def change(line: str, number: int, body: str = "", kind: str = "application/atom+xml;type=entry") -> str:
    return f"{line} HTTP/1.1\nContent-ID: {number}\nContent-Type: {kind}\nContent-Length: {len(body)}\n\n{body}"


def get(url: str) -> str:
    return f"--batch_b\nContent-Type: application/http\nContent-Transfer-Encoding: binary\n\nGET {url} HTTP/1.1\n\n"


def batch(client: Client, *parts: str, headers: dict[str, str] = WCF) -> Answer:
    return client.send("POST", "$batch", f"{''.join(parts)}--batch_b--\n".encode(), headers)


def parts_of(answer: Answer) -> list[Part]:
    assert answer.status == 202
    found = re.findall(r"HTTP/1\.1 (\d+) .*?\r\n(.*?)\r\n\r\n(.*?)\r\n--", answer.text, re.DOTALL)
    return [
        Part(int(status), dict(line.split(": ", 1) for line in head.split("\r\n")), body)
        for status, head, body in found
    ]


def test_a_batch_of_wcf_s_client(people: Client):
    """Absolute addresses, references by Content-ID in the address and in the body, a gap in the numbers."""
    answer = batch(
        people,
        change_set(
            change(f"POST {ROOT}AddressTypes", 1, entry("AddressType", AddressTypeId="7", Name="Garden")),
            change(f"POST {ROOT}{ADA}/Addresses", 2, entry("Address", StreetAddress="1 Mill Lane")),
            change("PUT $2/$links/AddressType", 3, uri("$1"), "application/xml"),
            change(f"MERGE {ROOT}AddressTypes(2)", 5, entry("AddressType", Name="Labour")),
            f"DELETE {ROOT}AddressTypes(3) HTTP/1.1\nContent-ID: 6\n\n",
        ),
    )
    parts = parts_of(answer)
    assert [(each.status, each.headers["Content-ID"]) for each in parts] == [
        (201, "1"), (201, "2"), (204, "3"), (204, "5"), (204, "6"),
    ]  # fmt: skip
    assert parts[0].headers["Location"] == f"{ROOT}AddressTypes(7)"
    assert parts[0].headers["Content-Type"] == "application/atom+xml;type=entry;charset=utf-8"
    assert f"<id>{ROOT}AddressTypes(7)</id>" in parts[0].body
    (address,) = people.all("Addresses?$filter=StreetAddress eq '1 Mill Lane'&$expand=AddressType,Person")
    assert (address["AddressType"]["Name"], address["Person"]["Name"]) == ("Garden", "Ada Lovelace")
    assert [each["Name"] for each in people.all("AddressTypes")] == ["Home", "Labour", "Garden"]


def test_content_id_is_a_header_of_the_response(people: Client):
    """WCF's client refuses a part with headers other than these two."""
    answer = batch(
        people, change_set(change("POST AddressTypes", 1, entry("AddressType", AddressTypeId="7", Name="x")))
    )
    (part,) = re.findall(r"--changesetresponse_.*?\r\n(.*?)\r\n\r\nHTTP", answer.text, re.DOTALL)
    assert part.split("\r\n") == ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]


def test_reads_without_accept_are_atom(people: Client):
    one, many, none = parts_of(
        batch(people, get(f"{ROOT}AddressTypes(1)"), get("People?$top=2"), get("AddressTypes(9)"))
    )
    assert one.headers["Content-Type"] == "application/atom+xml;type=entry;charset=utf-8"
    assert many.body.count("<entry>") == 2
    assert (none.status, none.headers["Content-Type"]) == (404, "application/xml;charset=utf-8")


def test_all_of_a_change_set_or_nothing(people: Client):
    """One refusal stands for all, in the format that the changes asked for."""
    for accept, kind in (("", "application/xml"), ("Accept: application/json\n", "application/json")):
        changes = [
            change("POST AddressTypes", 1, entry("AddressType", AddressTypeId="7", Name="x")),
            change("POST AddressTypes", 2, entry("AddressType", AddressTypeId="7", Name="y")),
        ]
        answer = batch(people, change_set(*(each.replace("Content-ID", f"{accept}Content-ID") for each in changes)))
        (part,) = parts_of(answer)
        assert (part.status, part.headers["Content-Type"]) == (409, f"{kind};charset=utf-8")
        assert "changesetresponse" not in answer.text
    assert people.get("AddressTypes/$count").text == "3"


def test_what_a_change_set_makes_and_takes_away(people: Client):
    """The answer to the first request shows what was made, though it is gone when all is done."""
    answer = batch(
        people,
        change_set(
            change("POST AddressTypes", 1, entry("AddressType", AddressTypeId="7", Name="x")),
            "DELETE $1 HTTP/1.1\nContent-ID: 2\n\n",
            change("MERGE AddressTypes(1)", 3, entry("AddressType", Name="Abode")),
        ),
    )
    assert [each.status for each in parts_of(answer)] == [201, 204, 204]
    assert people.get("AddressTypes(1)/Name/$value").text == "Abode"
    assert people.get("AddressTypes(7)").status == 404


def test_a_reference_to_nothing_undoes_its_change_set(people: Client):
    made, lost = (
        change_set(change("POST AddressTypes", 1, entry("AddressType", AddressTypeId="7", Name="x"))),
        change_set(
            change(f"POST {ADA}/Addresses", 2, entry("Address", StreetAddress="x")),
            change("PUT $2/$links/AddressType", 3, uri("$9")),
        ),
    )
    created, refused = parts_of(batch(people, made, lost))
    assert (created.status, refused.status) == (201, 404)
    assert people.all("Addresses?$filter=StreetAddress eq 'x'") == []
