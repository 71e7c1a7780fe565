"""What is rarely done, and what should not be done."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from odata_service.client import NotUnderstood, ODataClient
from odata_service.client.online import UnknownName

EDMX = """<edmx:Edmx Version="4.0" xmlns:edmx="x"><edmx:DataServices><Schema Namespace="N" Alias="Self" xmlns="y">
<TypeDefinition Name="Money" UnderlyingType="Edm.Decimal"/>
<EntityType Name="Thing"><Key><PropertyRef Name="ID"/></Key><Property Name="ID" Type="Edm.Int32"/>
<Property Name="Price" Type="Self.Money"/><Property Name="Whatever" Type="Edm.Untyped"/></EntityType>
<Action Name="Everything"><ReturnType Type="Collection(Self.Thing)"/></Action>
<Function Name="Prices"><Parameter Name="of" Type="Collection(Edm.Int32)"/><Parameter Name="from" Type="Edm.Date">
<Annotation Term="Org.OData.Core.V1.OptionalParameter"/></Parameter><ReturnType Type="Collection(Self.Money)"/></Function>
<EntityContainer Name="C"><EntitySet Name="Things" EntityType="Self.Thing"/><EntitySet Name="Others" EntityType="Self.Thing"/>
<ActionImport Name="Everything" Action="Self.Everything" EntitySet="Things"/><FunctionImport Name="Prices" Function="Self.Prices"/>
</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>"""


def client_of(*answers: httpx.Response) -> tuple[ODataClient, list[httpx.Request]]:
    waiting, seen = list(answers), []

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("$metadata"):
            return httpx.Response(200, text=EDMX)
        seen.append(request)
        return waiting.pop(0)

    return ODataClient("http://localhost/", http=httpx.Client(transport=httpx.MockTransport(handle))), seen


def test_an_action_that_gives_entities():
    client, seen = client_of(httpx.Response(200, json={"value": [{"ID": 1, "Price": 1.50, "Whatever": [1, "x"]}]}))
    (thing,) = client.Everything()
    assert (str(thing.Price), thing.Whatever, thing._where) == ("1.5", [1, "x"], "Things(1)")
    assert (seen[0].method, seen[0].url.path) == ("POST", "/Everything")


def test_a_function_of_collections_with_an_optional_parameter():
    client, seen = client_of(httpx.Response(200, content=b'{"value": [1.50, 2]}'))
    assert [str(price) for price in client.Prices(of=[1, 2])] == ["1.50", "2"]
    assert str(seen[0].url) == "http://localhost/Prices(of=@of)?@of=%5B1,2%5D"
    with pytest.raises(TypeError, match=r"Prices takes \(of, from\), not \(from\)"):
        client.call("Prices", **{"from": None})


def test_an_entity_of_no_certain_set():
    client, seen = client_of(httpx.Response(201, json={"ID": 5}))
    thing = client.types.Thing(ID=5)
    with pytest.raises(ValueError, match="no set is home to a Thing"):
        client.save(thing)
    other = client.Others.new(ID=5)
    client.save(other)
    assert (other._where, seen[0].url.path) == ("Others(5)", "/Others")


def test_one_batch_at_a_time():
    client, seen = client_of()
    with client.batch(), pytest.raises(RuntimeError, match="there is a batch already"):
        client.batch().__enter__()
    assert seen == []


def test_a_batch_is_of_one_thread(people_service):
    """What others do with the same client meanwhile is done at once."""
    people = people_service.client("v4")
    with people.batch() as batch:
        mine = people.People.create(Name="Mine")
        with ThreadPoolExecutor(1) as others:
            theirs = others.submit(people.People.create, Name="Theirs").result()
        assert (len(batch), theirs.Name) == (1, "Theirs")
        assert people.People[theirs.PersonId].Name == "Theirs"
    assert people.People[mine.PersonId].Name == "Mine"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="{}"),
        httpx.Response(200, text="--b--", headers={"Content-Type": "multipart/mixed; boundary=b"}),
        httpx.Response(
            200, text="--b\r\n\r\nHTTP\r\n\r\n--b--", headers={"Content-Type": "multipart/mixed; boundary=b"}
        ),
    ],
)
def test_answers_to_a_batch_that_nobody_understands(answer):
    client, _ = client_of(answer)
    thing = client.Things.new(ID=1)
    with pytest.raises(NotUnderstood), client.batch():
        client.save(thing)
    with pytest.raises(ValueError, match="not on the server yet"):
        client.reload(thing)


def test_answers_to_a_batch_in_another_order():
    parts = "".join(
        f"--b\r\nContent-Type: application/http\r\nContent-ID: {number}\r\n\r\n"
        f'HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n\r\n{{"ID": {number}0}}\r\n'
        for number in (2, 1)
    )
    client, _ = client_of(
        httpx.Response(200, text=parts + "--b--", headers={"Content-Type": 'multipart/mixed; boundary="b"'})
    )
    with client.batch():
        first, second = client.Things.create(ID=10), client.Things.create(ID=20)
    assert (first.ID, second.ID) == (10, 20)


def test_records(techstore_service):
    shop = techstore_service.client("v4")
    address = shop.types.Address(City="Oslo")
    assert ("City" in address, "Street" in address, list(address)) == (True, False, ["City"])
    assert address == shop.types.Address(City="Oslo") != shop.types.Address(City="Bonn")
    assert repr(address) == "<Address City='Oslo'>"
    with pytest.raises(TypeError, match="cannot be a key"):
        {address}  # noqa: B018
    product = shop.Products.new(Name="x")
    for wrong, error in (
        ({"ShippingAddress": "Oslo"}, "'Oslo' is no Address"),
        ({"Category": 5}, "Category takes an entity"),
        ({"Category": product}, "leads to a Category, not to a Product"),
        ({"RelatedProducts": product}, "RelatedProducts is a list"),
    ):
        with pytest.raises(TypeError, match=error):
            shop.Products.new(wrong)
    mixed = shop.Products.new(Name="y", Price=1.0, RelatedProducts=[shop.Products.first(), {"Name": "z", "Price": 1.0}])
    with pytest.raises(ValueError, match="do not go into one request"):
        shop.save(mixed)
    assert {"City", "Street"} <= set(dir(address))
    assert {"Name", "Category", "ApplyDiscount"} <= set(dir(product))
    assert {"Product", "ProductStatus", "Address"} <= set(dir(shop.types))
    with pytest.raises(UnknownName, match="no type 'Prodcut'; did you mean 'Product'"):
        shop.types.Prodcut  # noqa: B018


def test_pages_of_ones_own_size(people_service):
    people = people_service.client("v4")
    assert [len(page) for page in people.People.page_size(3).top(8).pages()] == [3, 3, 2]


def test_what_came_along_is_forgotten_on_demand(people_service):
    people = people_service.client("v4")
    person = people.People.create(Name="Reloaded")
    assert not person.Addresses
    people.Addresses.create(StreetAddress="1", Person=person)
    assert len(person.Addresses) == 0
    assert len(person.Addresses.reload()) == 1
    person.Addresses.add(people.Addresses.new(StreetAddress="2"))
    assert len(person.Addresses) == 2
    address = person.Addresses[0]
    address.AddressType = people.AddressTypes[1]
    assert address.AddressType.Name == "Home"  # assigned, and not yet saved
    assert people.reload(address).AddressType is None


def test_a_client_ends_its_connections(people_service):
    with ODataClient(f"{people_service.root}v4/") as client:
        assert client.People.first() is not None
    assert client._exchange.transport.client.is_closed
    mine = httpx.Client()
    with ODataClient(f"{people_service.root}v4/", http=mine) as client:
        assert client.model.resources.keys() >= {"People"}
    assert not mine.is_closed
    mine.close()
