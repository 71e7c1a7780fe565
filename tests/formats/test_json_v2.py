"""Documents of V2, byte for byte."""

from __future__ import annotations

import datetime
import decimal
import uuid

import pytest

from odata_service.dialects.sqlite import HexGuid, TextMoment
from odata_service.etag import etag_of
from odata_service.formats.json_v2 import write
from odata_service.formats.version_v2 import V1_0, V2_0, Version
from odata_service.links import Place, entity_address
from odata_service.result import (
    Created,
    EntityCollection,
    EntityLinks,
    Level,
    PropertyValue,
    Result,
    ServiceDocument,
    SingleEntity,
)  # fmt: skip

from .library import MODEL, ROOT, expansion, shape

ONE = uuid.UUID("00000000-0000-0000-0000-0000000000A1")
TWO = uuid.UUID("00000000-0000-0000-0000-0000000000B2")
BORN = datetime.datetime(1969, 12, 31, 23, 59, 59, 999_999)

AUTHORS = shape("Authors", "AuthorId Name Born Living", links="Books")
ADA = (ONE, 'Ada "Zoë"', BORN, True)
BOB = (TWO, "Bob", None, False)

ADA_JSON = (
    r'{"__metadata":{"uri":"http://localhost/Library.svc/Authors(guid'
    r"'00000000-0000-0000-0000-0000000000a1')"
    r'","type":"Library.Author"},"AuthorId":"00000000-0000-0000-0000-0000000000a1","Name":"Ada \"Zo\u00eb\"",'
    r'"Born":"\/Date(-1)\/","Living":true,'
    r'"Books":{"__deferred":{"uri":"http://localhost/Library.svc/Authors(guid'
    r"'00000000-0000-0000-0000-0000000000a1')"
    r'/Books"}}}'
)
BOB_JSON = (
    r'{"__metadata":{"uri":"http://localhost/Library.svc/Authors(guid'
    r"'00000000-0000-0000-0000-0000000000b2')"
    r'","type":"Library.Author"},"AuthorId":"00000000-0000-0000-0000-0000000000b2","Name":"Bob",'
    r'"Born":null,"Living":false,'
    r'"Books":{"__deferred":{"uri":"http://localhost/Library.svc/Authors(guid'
    r"'00000000-0000-0000-0000-0000000000b2')"
    r'/Books"}}}'
)


def written(result: Result, version: Version = V2_0) -> str:
    return write(result, ROOT, version=version).decode()


def test_entities() -> None:
    result = EntityCollection(Level(AUTHORS, [ADA, BOB]))
    assert written(result) == f'{{"d":{{"results":[{ADA_JSON},{BOB_JSON}]}}}}'
    assert written(result, V1_0) == f'{{"d":[{ADA_JSON},{BOB_JSON}]}}'


def test_count_stands_before_results_and_next_after() -> None:
    result = EntityCollection(Level(AUTHORS, [BOB]), 91, "http://localhost/Library.svc/Authors?$skiptoken='ä'")
    going_on = r'"__next":"http://localhost/Library.svc/Authors?$skiptoken=' + r"'\u00e4'" + '"'
    assert written(result) == f'{{"d":{{"__count":"91","results":[{BOB_JSON}],{going_on}}}}}'


def test_no_entities() -> None:
    empty = EntityCollection(Level(AUTHORS, []), count=0)
    assert written(empty) == '{"d":{"__count":"0","results":[]}}'
    assert written(EntityCollection(Level(AUTHORS, [])), V1_0) == '{"d":[]}'


@pytest.mark.parametrize("version", [V1_0, V2_0])
def test_one_entity(version: Version) -> None:
    ada = SingleEntity(Level(AUTHORS, [ADA]))
    assert written(ada, version) == f'{{"d":{ADA_JSON}}}'
    assert written(Created(ada, "…"), version) == f'{{"d":{ADA_JSON}}}'
    assert written(SingleEntity(Level(AUTHORS, [])), version) == '{"d":null}'


def test_what_sqlite_gives_is_written_as_what_postgresql_gives() -> None:
    decoders = {"AuthorId": HexGuid(lambda text: uuid.UUID(str(text))), "Born": TextMoment(aware=False), "Living": bool}
    raw = shape("Authors", "AuthorId Name Born Living", links="Books", decoders=decoders)
    for copies in (1, 20):  # one by one, and as a column
        ada = (ONE.hex, ADA[1], "1969-12-31 23:59:59.999999", 1)
        rows = [ada, (TWO.hex, BOB[1], None, 0)] * copies
        assert written(EntityCollection(Level(raw, rows))) == written(
            EntityCollection(Level(AUTHORS, [ADA, BOB] * copies))
        )
        assert written(EntityCollection(Level(raw, [ada] * copies))) == written(
            EntityCollection(Level(AUTHORS, [ADA] * copies))
        )


def test_only_what_is_selected_is_written() -> None:
    some = shape("Authors", "AuthorId Name", select="Name")
    assert written(EntityCollection(Level(some, [(TWO, "Bob")]))) == (
        '{"d":{"results":[{"__metadata":{"uri":"http://localhost/Library.svc/Authors(guid'
        "'00000000-0000-0000-0000-0000000000b2')"
        '","type":"Library.Author"},"Name":"Bob"}]}}'
    )


def test_nameless_columns_are_not_written() -> None:
    some = shape("Tags", "Name")
    assert written(SingleEntity(Level(some, [("Sea", 5, None)]))) == (
        """{"d":{"__metadata":{"uri":"http://localhost/Library.svc/Tags('Sea')","type":"Library.Tag"},"Name":"Sea"}}"""
    )


BOOKS = shape("Books", "BookId Title Price Version AuthorId", select="BookId Title Price", links="Author")
SEA = (1, "The Sea", decimal.Decimal("10.50"), 5, ONE)
ROOM = (2, "Sea Room", None, 6, ONE)


def book(number: int, title: str, price: str, etag: str) -> str:
    uri = f"http://localhost/Library.svc/Books({number})"
    return (
        f'{{"__metadata":{{"uri":"{uri}","type":"Library.Book","etag":"{etag}"}},'
        f'"BookId":{number},"Title":"{title}","Price":{price},"Author":{{"__deferred":{{"uri":"{uri}/Author"}}}}}}'
    )


def etag(row: tuple[object, ...]) -> str:
    return str(etag_of(BOOKS, row)).replace('"', r"\"")


SEA_JSON = book(1, "The Sea", '"10.50"', etag(SEA))
ROOM_JSON = book(2, "Sea Room", "null", etag(ROOM))


def test_concurrency_properties_make_an_etag() -> None:
    assert written(SingleEntity(Level(BOOKS, [SEA]))) == f'{{"d":{SEA_JSON}}}'
    assert etag(SEA).startswith(r"W/\"")
    assert etag(SEA) != etag(ROOM)


def test_an_expanded_collection() -> None:
    far = BOOKS.columns.index(MODEL.sets["Books"].type.properties["AuthorId"])
    parents = shape("Authors", "AuthorId Name", expanded=(expansion("Authors", "Books", BOOKS, (0,), (far,)),))
    books = Level(BOOKS, [SEA, ROOM], cut={(ONE,): "a=b"})
    result = EntityCollection(Level(parents, [(TWO, "Bob"), (ONE, "Ada")], (books,)))
    address = "http://localhost/Library.svc/Authors(guid'00000000-0000-0000-0000-0000000000{}')"
    start = '{{"__metadata":{{"uri":"{}","type":"Library.Author"}},"AuthorId":"{}","Name":"{}","Books":'
    ada = start.format(address.format("a1"), ONE, "Ada")
    bob = start.format(address.format("b2"), TWO, "Bob")
    going_on = f"{address.format('a1')}/Books?$select=BookId,Title,Price,Author&$skiptoken=a%3Db"
    assert written(result) == (
        f'{{"d":{{"results":[{bob}{{"results":[]}}}},'
        f'{ada}{{"results":[{SEA_JSON},{ROOM_JSON}],"__next":"{going_on}"}}}}]}}}}'
    )
    whole = EntityCollection(Level(parents, result.level.rows, (Level(BOOKS, [SEA, ROOM]),)))
    assert written(whole, V1_0) == f'{{"d":[{bob}[]}},{ada}[{SEA_JSON},{ROOM_JSON}]}}]}}'


def test_an_expanded_single_entity_and_none() -> None:
    author = shape("Authors", "AuthorId Name", select="Name")
    ways = (expansion("Books", "Editor", author, (2,), (0,)),)
    books = shape("Books", "BookId Version EditorId", select="BookId", expanded=ways)
    result = EntityCollection(Level(books, [(1, 5, ONE), (2, 5, None), (3, 5, ONE)], (Level(author, [(ONE, "Ada")]),)))
    text = written(result)
    assert text.count('"Editor":null') == 1
    assert text.count('"Editor":{"__metadata"') == 2


def test_nothing_is_expanded_where_there_is_nothing_above() -> None:
    way = expansion("Authors", "Books", BOOKS, (0,), (4,))
    parents = shape("Authors", "AuthorId", expanded=(way,))
    assert written(EntityCollection(Level(parents, [], (Level(BOOKS, []),)))) == '{"d":{"results":[]}}'
    one = written(EntityCollection(Level(parents, [(ONE,)], (Level(BOOKS, []),))))
    assert one.endswith('"Books":{"results":[]}}]}}')


@pytest.mark.parametrize(
    "name, value, json",
    [
        ("Name", "x", '{"d":{"Name":"x"}}'),
        ("Name", None, '{"d":{"Name":null}}'),
        ("Living", False, '{"d":{"Living":false}}'),
        ("Born", datetime.datetime(2010, 12, 31), r'{"d":{"Born":"\/Date(1293753600000)\/"}}'),
    ],
)
def test_a_property(name: str, value: object, json: str) -> None:
    assert written(PropertyValue(MODEL.types["Author"].properties[name], value)) == json


def test_links() -> None:
    level = Level(shape("Tags", "Name"), [("Sea",), ("O'Neil / 1",)])
    sea = """{"uri":"http://localhost/Library.svc/Tags('Sea')"}"""
    neil = """{"uri":"http://localhost/Library.svc/Tags('O''Neil%20%2F%201')"}"""
    assert written(EntityLinks(level, collection=True)) == f'{{"d":{{"results":[{sea},{neil}]}}}}'
    assert written(EntityLinks(level, collection=True, count=2)) == (
        f'{{"d":{{"__count":"2","results":[{sea},{neil}]}}}}'
    )
    assert written(EntityLinks(level, collection=True), V1_0) == f'{{"d":[{sea},{neil}]}}'
    assert written(EntityLinks(Level(level.shape, level.rows[:1]), collection=False)) == f'{{"d":{sea}}}'
    assert written(EntityLinks(Level(level.shape, []), collection=True)) == '{"d":{"results":[]}}'


def test_service_document() -> None:
    assert written(ServiceDocument(MODEL)) == '{"d":{"EntitySets":["Authors","Books","Everythings","Loans","Tags"]}}'


@pytest.mark.parametrize(
    "set_name, columns, row",
    [
        ("Loans", "Card Number", ("a=b,c'(/%?#\"\\ ü日", 7)),
        ("Loans", "Number Card", (-1, "")),
        ("Authors", "AuthorId", (ONE,)),
        ("Books", "BookId Version", (2**31 - 1, 1)),
    ],
)
def test_addresses_in_rows_are_those_of_links(set_name: str, columns: str, row: tuple[object, ...]) -> None:
    of = shape(set_name, columns)
    key = [of.value(row, declared) for declared in of.entity_set.type.key]
    level = Level(of, [row])
    address = entity_address(ROOT, Place(of.entity_set, key))
    assert f'"uri":"{address}"' in written(EntityCollection(level))
    assert written(EntityLinks(level, collection=False)) == (f'{{"d":{{"uri":"{address}"}}}}')


def test_a_root_cannot_break_out_of_its_string() -> None:
    text = write(EntityLinks(Level(shape("Tags", "Name"), [("Sea",)]), True), 'http://a"b\\ü/').decode()
    assert """{"uri":"http://a%22b%5C%C3%BC/Tags('Sea')"}""" in text
