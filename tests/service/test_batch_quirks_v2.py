"""Batches as they are spelled in the wild: each quirk was seen in a client, and each client has to be understood."""

from __future__ import annotations

import re

import pytest

from tests.service.client import ROOT, Answer, Client
from tests.service.databases import ClientOf

ADA = "People(guid'0d3b3f0e-6f61-4a27-9a35-64d2a1f0c001')"
HTTP = "Content-Type: application/http\nContent-Transfer-Encoding: binary\n"
JSON = "Accept: application/json\nContent-Type: application/json\n"
READ = f"--b\n{HTTP}\nGET AddressTypes(1)?$select=Name HTTP/1.1\nAccept: application/json\n\n\n"
NEW = f'POST AddressTypes HTTP/1.1\n{JSON}Content-ID: 1\n\n{{"AddressTypeId":7,"Name":"x"}}\n'
INSERT = f"--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n{HTTP}\n{NEW}--c--\n\n"
PLAIN = f"{READ}{INSERT}--b--\n"


def batch(client: Client, body: str, content_type: str = "multipart/mixed; boundary=b", **headers: str) -> Answer:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.send("POST", "$batch", body.encode(), {"Content-Type": content_type, **given})


def statuses(answer: Answer) -> list[int]:
    assert answer.status == 202, answer.text
    return [int(status) for status in re.findall(r"^HTTP/1.1 (\d+)", answer.text, re.MULTILINE)]


QUIRKS = {
    "bare line feeds, as Syncfusion and Mono write": PLAIN,
    "CRLF": PLAIN.replace("\n", "\r\n"),
    "an empty line before the first boundary, as datajs and UI5 write": f"\r\n{PLAIN}".replace("\n", "\r\n"),
    "words before and after, as UI5 for V4 writes": f"This is a batch.\n{PLAIN}Group ID: $auto\n",
    "blanks at the ends of lines": PLAIN.replace("binary\n", "binary  \n").replace("--b\n", "--b \n"),
    "no blank after colons, as pyodata writes": PLAIN.replace("Encoding: ", "Encoding:").replace("ID: ", "ID:"),
    "two empty lines before a change set's first boundary, as pyodata writes": PLAIN.replace("\n\n--c\n", "\n\n\n--c\n"),
    "no line feed at the end, as pyodata writes": PLAIN.rstrip("\n"),
    "no end at all": PLAIN.removesuffix("--b--\n"),
    "a length that is wrong, and an empty line before the body, as @odata/client writes": PLAIN.replace(
        'ID: 1\n\n{"A', 'ID: 1\nContent-Length: 21\n\n\r\n{"A'
    ),
    "a length that is too long": PLAIN.replace("ID: 1\n", "ID: 1\nContent-Length: 9999\n"),
    "a length that is none": PLAIN.replace("ID: 1\n", "ID: 1\nContent-Length: many\n"),
    "encoded parentheses, as pyodata writes": PLAIN.replace("(1)", "%281%29"),
    "absolute addresses, as WCF's client and o.js write": PLAIN.replace("GET ", f"GET {ROOT}").replace("POST ", f"POST {ROOT}"),
    "addresses from the host on": PLAIN.replace("GET ", "GET /PeopleDataService.svc/"),
    "a slash that means the service's root, as the SAP Cloud SDK writes": PLAIN.replace("GET ", "GET /").replace("POST ", "POST /"),
    "an id that is no number, in another case and outside, as the SAP Cloud SDK writes": PLAIN.replace(
        "Content-ID: 1\n", ""
    ).replace("--c\nContent-Type", "--c\ncontent-id: 3e115041-0a34-48eb-95c6-da87b004c731\nContent-Type"),
    "an id as UI5 makes it": PLAIN.replace("ID: 1\n", "ID: id-1795208602180-40\n"),
    "types and methods in another case": PLAIN.replace("application/http", "Application/HTTP").replace("GET ", "get "),
    "MIME-Version": PLAIN.replace("Content-Transfer", "MIME-Version: 1.0\nContent-Transfer"),
    "Host and no version of HTTP": PLAIN.replace(" HTTP/1.1\nAccept", "\nHost: services.example\nAccept"),
}  # fmt: skip


@pytest.mark.parametrize("body", QUIRKS.values(), ids=QUIRKS.keys())
def test_quirks(people: Client, body: str) -> None:
    answer = batch(people, body)
    assert statuses(answer) == [200, 201], answer.text
    assert '{"d":{"__metadata":' in answer.text and people.get("AddressTypes(7)").d["Name"] == "x"


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/mixed;boundary=b",
        'multipart/mixed; boundary="b"',
        "multipart/mixed; charset=UTF-8;boundary=b",
        "Multipart/Mixed; BOUNDARY=b; charset=utf-8",
    ],
)
def test_how_the_boundary_is_said(people: Client, content_type: str) -> None:
    assert statuses(batch(people, PLAIN, content_type)) == [200, 201]


def test_form_of_the_answer(people: Client) -> None:
    """Every client reads this form; some read no other (quoted boundaries, bare line feeds, other headers of parts)."""
    answer = batch(people, PLAIN, DataServiceVersion="1.0;NetFx", MaxDataServiceVersion="2.0;NetFx")
    assert (answer.status, answer.headers["DataServiceVersion"]) == (202, "2.0;")
    boundary = re.fullmatch(r"multipart/mixed; boundary=(batchresponse_[0-9a-f-]{36})", answer.headers["Content-Type"])
    assert boundary is not None
    assert answer.text.count("\n") == answer.text.count("\r\n")
    inner = boundary[1].replace("batchresponse", "changesetresponse")
    assert re.findall(r"^--[\w-]+", answer.text, re.MULTILINE) == [
        f"--{boundary[1]}", f"--{boundary[1]}", f"--{inner}", f"--{inner}--", f"--{boundary[1]}--",
    ]  # fmt: skip
    heads = re.findall(r"^Content-Type: application/http\r\n(.*)\r\n\r\nHTTP", answer.text, re.MULTILINE)
    assert heads == ["Content-Transfer-Encoding: binary"] * 2
    assert "HTTP/1.1 201 Created\r\nDataServiceVersion: 2.0;\r\n" in answer.text
    assert f"Location: {ROOT}AddressTypes(7)\r\n" in answer.text
    lengths = re.findall(r"^Content-Length: (\d+)\r\n\r\n(.*?)\r\n--", answer.text, re.MULTILINE | re.DOTALL)
    assert len(lengths) == 2 and int(lengths[0][0]) == len(lengths[0][1])


def test_the_versions_of_the_batch_are_those_of_its_parts(people: Client) -> None:
    old = batch(people, READ.replace("?$select=Name", "") + "--b--", MaxDataServiceVersion="1.0")
    assert "DataServiceVersion: 1.0;\r\n" in old.text
    own = READ.replace("Accept:", "MaxDataServiceVersion: 2.0\nAccept:") + "--b--"
    assert statuses(batch(people, own, MaxDataServiceVersion="1.0")) == [200]


def test_octets_are_kept_to_the_last(client_of: ClientOf) -> None:
    market: Client = client_of("market")
    post = f"--c\n{HTTP}\nPUT Sounds(1)/$value HTTP/1.1\nContent-Type: audio/midi\nContent-Length: 6\n\n\r\nab\r\n\n--c--\n"
    assert statuses(batch(market, f"--b\nContent-Type: multipart/mixed; boundary=c\n\n{post}--b--")) == [204]
    assert market.get("Sounds(1)/$value").body == b"\r\nab\r\n"


@pytest.mark.parametrize(
    "body, content_type",
    [
        ("", "multipart/mixed; boundary=b"),
        ("nothing", "multipart/mixed; boundary=b"),
        (PLAIN, "multipart/mixed"),
        (PLAIN, "multipart/mixed; boundary=other"),
        (PLAIN.replace("application/http", "text/plain"), "multipart/mixed; boundary=b"),
        (PLAIN.replace("GET AddressTypes(1)?$select=Name HTTP/1.1", "once upon a time"), "multipart/mixed; boundary=b"),
        (PLAIN.replace("POST AddressTypes", "GET AddressTypes"), "multipart/mixed; boundary=b"),
        (INSERT.replace("--c\n" + HTTP, "--c\nContent-Type: multipart/mixed; boundary=d\n"), "multipart/mixed; boundary=b"),
    ],
)  # fmt: skip
def test_what_is_no_batch(people: Client, body: str, content_type: str) -> None:
    assert batch(people, body, content_type, Accept="application/json").status == 400
    assert people.get("AddressTypes(7)").status == 404


def test_other_bodies(people: Client) -> None:
    assert batch(people, "{}", "application/json").status == 415
    assert batch(people, PLAIN, "").status == 415
    assert batch(people, PLAIN, X_HTTP_Method="MERGE", Accept="application/json").error == (400, "BadHeader")
    assert people.get("$batch").status == 405
    assert batch(people, READ * 101 + "--b--", Accept="application/json").error == (400, "LimitExceeded")


@pytest.mark.parametrize(
    "url, status",
    [
        ("$batch", 400),
        ("http://elsewhere.example/People", 400),
        ("../secret", 400),
        ("%2e%2e/secret", 400),
        ("$7/Addresses", 404),
        ("Nothing", 404),
        ("People?$filter=Nmae eq 1".replace(" ", "%20"), 400),
    ],
)
def test_a_part_that_is_refused_is_one_part(people: Client, url: str, status: int) -> None:
    """What comes after it is done (WCF; V4 ends there)."""
    wrong = f"--b\n{HTTP}\nGET {url} HTTP/1.1\nAccept: application/json\n\n\n"
    assert statuses(batch(people, wrong + PLAIN)) == [status, 200, 201]


def test_a_change_set_that_is_refused_is_one_part(people: Client) -> None:
    twice = INSERT.replace("--c--", f"--c\n{HTTP}\n{NEW.replace('ID: 1', 'ID: 2')}--c--")
    answer = batch(people, twice + READ + INSERT + "--b--")
    assert statuses(answer) == [409, 200, 201]
    assert answer.text.count("multipart/mixed; boundary=changesetresponse_") == 1
    assert '"code":"KeyExists"' in answer.text


def test_methods_tunnelled_inside(people: Client) -> None:
    merge = f'POST AddressTypes(1) HTTP/1.1\nX-Http-Method: MERGE\n{JSON}\n{{"Name":"Abode"}}\n'
    delete = f"POST {ADA} HTTP/1.1\nx-http-method: DELETE\n\n"
    both = f"--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n{HTTP}\n{merge}--c\n{HTTP}\n{delete}--c--\n--b--"
    assert statuses(batch(people, both)) == [204, 204]
    assert people.get("AddressTypes(1)").d["Name"] == "Abode" and people.get(ADA).d["IsDeleted"] is True


def test_wrong_methods_inside(people: Client) -> None:
    for headers, status in (("X-HTTP-Method: GET\n", 400), ("X-HTTP-Method: \n", 400)):
        merge = f'POST AddressTypes(1) HTTP/1.1\n{headers}{JSON}\n{{"Name":"Abode"}}\n'
        wrong = f"--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n{HTTP}\n{merge}--c--\n--b--"
        assert statuses(batch(people, wrong)) == [status]


def test_service_operations_inside(client_of: ClientOf) -> None:
    market: Client = client_of("market")
    called = f"POST Discount?percent=50 HTTP/1.1\n{JSON}\nnull\n"
    change_set = f"--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n{HTTP}\n{called}--c--\n"
    read = f"--b\n{HTTP}\nGET Turnover?since=datetime'2000-01-01T00:00:00' HTTP/1.1\nAccept: application/json\n\n\n"
    answer = batch(market, f"{change_set}{read}--b--")
    assert statuses(answer) == [204, 200]
    assert '{"d":{"Turnover":"9.95"}}' in answer.text


def test_a_wrong_version_inside(people: Client) -> None:
    newer = INSERT.replace("Content-ID", "DataServiceVersion: 3.0\nContent-ID")
    assert statuses(batch(people, newer + READ + "--b--")) == [400, 200]
