"""Batch requests (Protocol, Batch Requests), multipart and JSON."""

import pytest
from sqlalchemy import event

from tests.v4.store import PEN, PREMIUM

MULTIPART = f"""--b
Content-Type: application/http

GET {PREMIUM}/Name HTTP/1.1


--b
Content-Type: multipart/mixed;boundary=c

--c
Content-Type: application/http
Content-ID: 1

POST Products HTTP/1.1
Content-Type: application/json

{{"Name":"Pen","Price":1.5}}
--c
Content-Type: application/http
Content-ID: 2

PATCH $1 HTTP/1.1
Content-Type: application/json

{{"Price":2.5}}
--c--
--b--
""".replace("\n", "\r\n").encode()


def test_multipart(shop):
    answer = shop.send("POST", "$batch", MULTIPART, Content_Type="multipart/mixed;boundary=b", Accept="multipart/mixed")
    assert answer.status == 200
    assert [answer.text.count(f"HTTP/1.1 {status}") for status in (200, 201, 204)] == [1, 1, 1]
    assert shop.get("Products/$count?$filter=Name eq 'Pen' and Price eq 2.5").text == "1"


def test_made_or_changed_and_deleted_in_one_change_set(shop):
    """Each answer is what it would have been before the DELETE, though in the end there is nothing left to read."""
    delete = b"--c\r\nContent-Type: application/http\r\nContent-ID: 3\r\n\r\nDELETE $1 HTTP/1.1\r\n\r\n--c--"
    body = MULTIPART.replace(b"--c--", delete)
    answer = shop.send("POST", "$batch", body, Content_Type="multipart/mixed;boundary=b", Accept="multipart/mixed")
    assert [line[9:12] for line in answer.text.splitlines() if line.startswith("HTTP/1.1")] == [
        "200",
        "201",
        "204",
        "204",
    ]
    assert '"Name":"Pen","Description":null,"Price":2.5,' in answer.text
    assert shop.get("Products/$count").text == "7"


def test_json(shop):
    requests = [
        {"id": "1", "method": "get", "url": f"{PREMIUM}/Name"},
        {"id": "2", "atomicityGroup": "g", "method": "post", "url": "Products", "body": PEN},
        {"id": "3", "atomicityGroup": "g", "method": "post", "url": "Products", "body": {"Name": "no price"}},
        {"id": "4", "dependsOn": ["g"], "method": "get", "url": "Products"},
    ]
    answer = shop.send("POST", "$batch", {"requests": requests})
    statuses = {each["id"]: each["status"] for each in answer.json["responses"]}
    assert (answer.status, statuses["1"], statuses["4"]) == (200, 200, 424)
    assert shop.get("Products/$count").text == "7"


def test_a_refused_change_set_tells_which_request_it_was(shop):
    """Core.ContentID, on the error and on each of its details."""
    body = MULTIPART.replace(b'{"Price":2.5}', b'{"Rating":256,"Quantity":"x"}')
    refused = shop.send("POST", "$batch", body, Content_Type="multipart/mixed;boundary=b", Accept="multipart/mixed")
    assert refused.text.count('"@Org.OData.Core.V1.ContentID":"2"') == 2
    assert shop.get("Products/$count").text == "7"


@pytest.mark.parametrize("requests", [
    [{"id": "1", "method": "GET", "url": "Company"}, {"id": "1", "method": "GET", "url": "Products"}],
    [{"id": "1", "method": "GET", "url": "Company", "dependsOn": ["2"]}, {"id": "2", "method": "GET", "url": "Products"}],
    [{"id": "1", "method": "GET", "url": "Company", "dependsOn": ["1"]}],
    [{"id": "1", "method": "GET", "url": "Company", "dependsOn": ["nothing"]}],
])  # fmt: skip
def test_ids_are_there_once_and_before_what_depends_on_them(shop, requests):
    answer = shop.send("POST", "$batch", {"requests": requests})
    assert (answer.status, answer.error[1]) == (400, "BadBatch")


def test_a_condition_is_not_ignored(shop):
    """What shall be done only if something holds is not done without asking whether it does."""
    request = {"id": "1", "if": "false", "method": "delete", "url": PREMIUM}
    assert shop.send("POST", "$batch", {"requests": [request]}).status == 501
    assert shop.get(PREMIUM).status == 200


def test_a_hundred_inserts_are_one_transaction(shop):
    group = {"atomicityGroup": "g", "method": "post", "url": "Categories"}
    requests = [{**group, "id": str(number), "body": {"Name": f"Number {number}"}} for number in range(100)]
    shop.send("POST", "Categories", {"Name": "The first"})  # the counter of stamps is there from now on
    commits: list[object] = []
    event.listen(shop.service.engine, "commit", commits.append)
    answer = shop.send("POST", "$batch", {"requests": requests})
    assert [each["status"] for each in answer.json["responses"]] == [201] * 100
    assert len(commits) == 1


def test_what_a_client_wishes_of_a_batch_is_said_to_be_done(shop):
    body = MULTIPART.replace(PREMIUM.encode(), b"Products(0)")
    for wish, parts in (("odata.continue-on-error", 2), ("continue-on-error=true", 2), ("continue-on-error=false", 1)):
        answer = shop.send("POST", "$batch", body, Content_Type="multipart/mixed;boundary=b", Prefer=f"{wish}, return=minimal")
        assert (answer.headers["Preference-Applied"], answer.body.count(b"Content-Type: application/http")) == (wish, 1 + (parts == 2) * 2)
    assert "Preference-Applied" not in shop.send("POST", "$batch", body, Content_Type="multipart/mixed;boundary=b").headers


def test_a_batch_in_json_ends_with_an_error_if_the_client_wishes_it(shop):
    requests = [{"id": "1", "method": "get", "url": "Products(00000000-0000-0000-0000-000000000000)"}, {"id": "2", "method": "get", "url": PREMIUM}]
    for wish, statuses in (({}, [404, 200]), ({"Prefer": "continue-on-error"}, [404, 200]), ({"Prefer": "continue-on-error=false"}, [404])):
        answer = shop.send("POST", "$batch", {"requests": requests}, **wish)
        assert [each["status"] for each in answer.json["responses"]] == statuses
