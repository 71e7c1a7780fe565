"""Documents of V4, byte for byte."""

from __future__ import annotations

import decimal
import json
import uuid
from dataclasses import replace

import pytest

from odata_service.edm import primitive as edm
from odata_service.etag import etag_of
from odata_service.formats.json_v4 import write
from odata_service.formats.style_v4 import Style
from odata_service.formats.version_v4 import V4_0, V4_01
from odata_service.plan.row import ComputedColumn, RowShape
from odata_service.result import (
    ComplexValue, Created, DynamicRows, EntityCollection, EntityDelta, EntityLinks, Level, OperationResult, PropertyValue, Result,
    ServiceDocument, SingleEntity,
)  # fmt: skip

from .shop import MODEL, ONE, PRODUCT, ROOT, TWO, expansion, shape

CONTEXT = f'{{"@odata.context":"{ROOT}$metadata'
CATEGORIES = shape("Categories", "ID Name")
LINES = shape("Lines", "Order Code Amount")
COMPANY = shape("Company", "ID Name")
NEW = Style(version=V4_01)
FULL = Style("full")
NONE = Style("none")


def written(result: Result, style: Style = Style(), path: str = "", query: str = "") -> str:  # noqa: B008
    return write(result, ROOT, path, style, query).decode()


def one(of: RowShape, *row: object, **more: object) -> SingleEntity:
    return SingleEntity(Level(of, [row], **more))  # type: ignore[arg-type]


def test_entities() -> None:
    result = EntityCollection(Level(CATEGORIES, [(1, "Sea"), (2, 'a "b"')]))
    assert written(result) == CONTEXT + r'#Categories","value":[{"ID":1,"Name":"Sea"},{"ID":2,"Name":"a \"b\""}]}'
    assert written(EntityCollection(Level(CATEGORIES, []))) == CONTEXT + '#Categories","value":[]}'


@pytest.mark.parametrize(
    "style, text",
    [
        (Style(), CONTEXT + '#Categories","@odata.count":7,"value":[],"@odata.nextLink":"http://host/next"}'),
        (NEW, f'{{"@context":"{ROOT}$metadata#Categories","@count":7,"value":[],"@nextLink":"http://host/next"}}'),
        (NONE, '{"@odata.count":7,"value":[],"@odata.nextLink":"http://host/next"}'),
        (Style("none", V4_01, ieee754=True), '{"@count":"7","value":[],"@nextLink":"http://host/next"}'),
    ],
)
def test_count_and_next_link(style: Style, text: str) -> None:
    assert written(EntityCollection(Level(CATEGORIES, []), 7, "http://host/next"), style) == text


def test_one_entity() -> None:
    entity = one(CATEGORIES, 1, "Sea")
    assert written(entity) == CONTEXT + '#Categories/$entity","ID":1,"Name":"Sea"}'
    assert written(Created(entity, "…")) == written(entity)
    assert written(one(COMPANY, 1, "Ltd")) == CONTEXT + '#Company","ID":1,"Name":"Ltd"}'
    assert written(entity, NONE) == '{"ID":1,"Name":"Sea"}'


PRICED = shape("Products", "ID Name Price Version Kind", select="ID Name Price", discriminator=4)
ROW = (uuid.UUID(ONE), "Net", decimal.Decimal("1.50"), 3, "product")


def test_etag() -> None:
    tag = etag_of(PRICED, ROW)
    assert tag is not None
    assert json.loads(written(one(PRICED, *ROW)))["@odata.etag"] == tag
    assert json.loads(written(one(PRICED, *ROW), NEW))["@etag"] == tag
    assert "etag" not in written(one(PRICED, *ROW), NONE)


SPECIAL_SHAPE = shape("Products", "ID Name Feature Kind Version", select="ID Name Feature", discriminator=3)
PLAIN_ROW = (uuid.UUID(ONE), "Net", None, "product", 1)
SPECIAL_ROW = (uuid.UUID(TWO), "Rod", "bends", "special", 1)


def test_rows_of_derived_types_say_so_and_alone_have_their_properties() -> None:
    rows = [SPECIAL_ROW, PLAIN_ROW, SPECIAL_ROW]
    rod, net, again = json.loads(written(EntityCollection(Level(SPECIAL_SHAPE, rows))))["value"]
    assert rod == again
    assert list(rod) == ["@odata.type", "@odata.etag", "ID", "Name", "Feature"]
    assert rod["@odata.type"] == "#Shop.SpecialProduct"
    assert list(net) == ["@odata.etag", "ID", "Name"]
    assert '"@type":"#Shop.SpecialProduct"' in written(EntityCollection(Level(SPECIAL_SHAPE, rows)), NEW)
    assert "Shop" not in written(EntityCollection(Level(SPECIAL_SHAPE, rows)), NONE).replace(ROOT, "")


def test_after_a_cast_the_type_is_in_the_context() -> None:
    cast = replace(SPECIAL_SHAPE, type=MODEL.types["SpecialProduct"])
    document = json.loads(written(one(cast, *SPECIAL_ROW)))
    assert document["@odata.context"] == f"{ROOT}$metadata#Products/Shop.SpecialProduct/$entity"
    assert "@odata.type" not in document


ADDRESSED = shape("Products", "ID Version Kind", select="ID", structures="ShipsTo")


def test_structures() -> None:
    rows = [(uuid.UUID(ONE), 1, "product", "Quay", None), (uuid.UUID(TWO), 1, "product", None, None)]
    some, nothing = json.loads(written(EntityCollection(Level(ADDRESSED, rows)), NONE))["value"]
    assert some == {"ID": ONE, "ShipsTo": {"Street": "Quay", "City": None}}
    assert nothing == {"ID": TWO, "ShipsTo": None}
    full = json.loads(written(EntityCollection(Level(ADDRESSED, rows)), FULL))["value"]
    assert full[0]["ShipsTo"]["@odata.type"] == "#Shop.Address"


def test_a_structure_of_which_part_is_chosen_is_null_only_where_all_of_it_is() -> None:
    ships_to = PRODUCT.complex["ShipsTo"]
    city = replace(ADDRESSED, structures=(replace(ships_to, members=ships_to.members[1:]),), chosen=True, selected=())
    rows = [(uuid.UUID(ONE), 1, "product", "Quay", None), (uuid.UUID(TWO), 1, "product", None, None)]
    document = json.loads(written(EntityCollection(Level(city, rows)), NONE))
    assert document["value"] == [{"ShipsTo": {"City": None}}, {"ShipsTo": None}]
    assert written(EntityCollection(Level(city, []))).startswith(CONTEXT + '#Products(ShipsTo/City)"')


def test_nulls_may_be_left_out() -> None:
    of = shape("Products", "ID Version Price", structures="ShipsTo", discriminator=None)
    rows = [(uuid.UUID(ONE), 1, None, "Quay", None), (uuid.UUID(TWO), None, None, None, None)]
    text = written(EntityCollection(Level(of, rows)), NONE._replace(omit_nulls=True))
    assert text == f'{{"value":[{{"ID":"{ONE}","Version":1,"ShipsTo":{{"Street":"Quay"}}}},{{"ID":"{TWO}"}}]}}'
    dynamic = DynamicRows([{"Country": None, "Total": 1}], "Sales")
    assert written(dynamic, NONE._replace(omit_nulls=True)) == '{"value":[{"Total":1}]}'


def test_computed_columns() -> None:
    doubled = ComputedColumn("Double", edm.DECIMAL, 2, None)
    computing = replace(CATEGORIES, computed=(doubled,))
    assert written(one(computing, 1, "Sea", decimal.Decimal("3.0")), NONE) == '{"ID":1,"Name":"Sea","Double":3.0}'
    full = json.loads(written(one(computing, 1, "Sea", decimal.Decimal("3.0")), FULL))
    assert full["Double@odata.type"] == "#Decimal"


def test_an_entity_without_its_key_says_its_address() -> None:
    chosen = shape("Categories", "ID Name", select="Name", chosen=True)
    expected = f'#Categories(Name)/$entity","@odata.id":"{ROOT}Categories(1)","Name":"Sea"}}'
    assert written(one(chosen, 1, "Sea")) == CONTEXT + expected


NAMES = shape("Categories", "ID Name", select="Name", chosen=True)
CHILDREN = shape("Products", "ID Version CategoryID Name", select="ID", chosen=True)


@pytest.mark.parametrize(
    "of, version, fragment",
    [
        (CATEGORIES, V4_0, "Categories"),
        (NAMES, V4_0, "Categories(Name)"),
        (shape("Products", "ID Name", links="Category", chosen=True), V4_0, "Products(ID,Name,Category)"),
        (shape("Products", "ID Feature", chosen=True), V4_0, "Products(ID,Shop.SpecialProduct/Feature)"),
        (shape("Products", "ID Feature", chosen=True, type_name="SpecialProduct"), V4_0,
         "Products/Shop.SpecialProduct(ID,Feature)"),
        (shape("Products", "ID", structures="ShipsTo", chosen=True), V4_0, "Products(ID,ShipsTo)"),
        (shape("Products", "ID Name CategoryID", select="ID Name", chosen=True,
               expanded=(expansion("Products", "Category", NAMES, (2,), (0,)),)), V4_0,
         "Products(ID,Name,Category(Name))"),
        (shape("Products", "ID CategoryID", expanded=(expansion("Products", "Category", CATEGORIES, (1,), (0,)),)), V4_0,
         "Products"),
        (shape("Products", "ID CategoryID", expanded=(expansion("Products", "Category", CATEGORIES, (1,), (0,)),)), V4_01,
         "Products(Category())"),
        (shape("Products", "ID CategoryID", expanded=(expansion("Products", "Category", NAMES, (1,), (0,)),)), V4_01,
         "Products(Category(Name))"),
        (shape("Products", "ID CategoryID",
               expanded=(expansion("Products", "Category", CATEGORIES, (1,), (0,), only="ref"),)), V4_01, "Products"),
    ],
)  # fmt: skip
def test_context_of_entities(of: RowShape, version: object, fragment: str) -> None:
    document = json.loads(written(EntityCollection(Level(of, [], tuple(Level(each.shape, []) for each in of.expanded))),
                                  Style(version=version)))  # fmt: skip # type: ignore[arg-type]
    (context,) = (value for name, value in document.items() if name.endswith("context"))
    assert context == f"{ROOT}$metadata#{fragment}"


class TestExpanded:
    to_one = shape("Products", "ID Version CategoryID", select="ID",
                   expanded=(expansion("Products", "Category", CATEGORIES, (2,), (0,)),))  # fmt: skip

    def test_single(self) -> None:
        rows = [(uuid.UUID(ONE), 1, 5), (uuid.UUID(TWO), 1, None)]
        document = json.loads(
            written(EntityCollection(Level(self.to_one, rows, (Level(CATEGORIES, [(5, "Sea")]),))), NONE)
        )
        assert [each["Category"] for each in document["value"]] == [{"ID": 5, "Name": "Sea"}, None]

    def to_many(self, style: Style = NONE, rows: int = 2, query: str = "", **more: object) -> object:
        counts, cut = more.pop("counts", {}), more.pop("cut", {})
        below = expansion("Categories", "Products", CHILDREN, (0,), (2,), **more)
        of = shape("Categories", "ID Name", select="ID", expanded=(below,))
        children = [(uuid.UUID(ONE), 1, 5, "Net"), (uuid.UUID(TWO), 1, 5, "Rod")][:rows]
        level = Level(CHILDREN, children, cut=cut, counts=counts)  # type: ignore[arg-type]
        return json.loads(written(EntityCollection(Level(of, [(5, "Sea"), (6, "Sky")], (level,))), style, query=query))[
            "value"
        ]

    def test_collection(self) -> None:
        assert self.to_many() == [{"ID": 5, "Products": [{"ID": ONE}, {"ID": TWO}]}, {"ID": 6, "Products": []}]

    def test_count(self) -> None:
        sea, sky = self.to_many(counted=True, counts={(5,): 9}, style=Style("none", ieee754=True))  # type: ignore[misc]
        assert (sea["Products@odata.count"], sky["Products@odata.count"]) == ("9", "0")
        assert list(sea) == ["ID", "Products@odata.count", "Products"]

    def test_count_alone(self) -> None:
        counted = self.to_many(only="count", rows=0, counts={(5,): 9})
        assert counted == [{"ID": 5, "Products@odata.count": 9}, {"ID": 6, "Products@odata.count": 0}]

    def test_references(self) -> None:
        sea, _ = self.to_many(only="ref", rows=1)  # type: ignore[misc]
        assert sea["Products"] == [{"@odata.id": f"{ROOT}Products({ONE})"}]

    @pytest.mark.parametrize(
        "query, options",
        [
            ("$expand=Products", ""),
            ("$expand=Products($select=ID)", "$select=ID&"),
            ("$expand=Products(%24filter=contains(Name,'a%3B)')%20or%20Stock%20gt%205;$top=9;$skip=1)",
             "$filter=contains(Name,'a;)')%20or%20Stock%20gt%205&$top=7&"),
            ("$expand=Products(filter=Stock+gt+5;TOP=9)&$format=json&@p=1&$top=1", "filter=Stock%20gt%205&$format=json&@p=1&$top=7&"),
            ("$expand=Products($expand=Category($select=Name);$count=true),Other", "$expand=Category($select=Name)&$count=true&"),
            ("$filter=Name eq 'expand=Products($top=1)'&$expand=*($orderby=Name desc)", "$orderby=Name%20desc&"),
        ],
    )  # fmt: skip
    def test_next_link(self, query: str, options: str) -> None:
        sea, sky = self.to_many(cut={(5,): "t+1"}, query=query)  # type: ignore[misc]
        assert sea["Products@odata.nextLink"] == f"{ROOT}Categories(5)/Products?{options}$skiptoken=t%2B1"
        assert list(sky) == ["ID", "Products"]


class TestFull:
    def test_control_information(self) -> None:
        assert written(one(LINES, 4, "a/b", 2), FULL) == CONTEXT + (
            f'#Lines/$entity","@odata.type":"#Shop.Line","@odata.id":"{ROOT}Lines(Order=4,Code=\'a%2Fb\')",'
            f'"@odata.editLink":"{ROOT}Lines(Order=4,Code=\'a%2Fb\')",'
            '"Order@odata.type":"#Int64","Order":4,"Code":"a/b","Amount@odata.type":"#Int32","Amount":2}'
        )

    def test_links(self) -> None:
        document = json.loads(written(one(CATEGORIES, 1, "Sea"), FULL))
        assert document["Products@odata.navigationLink"] == f"{ROOT}Categories(1)/Products"
        assert document["Products@odata.associationLink"] == f"{ROOT}Categories(1)/Products/$ref"
        assert list(document)[-2:] == ["Products@odata.associationLink", "Products@odata.navigationLink"]

    def test_derived_entities_are_edited_as_what_they_are(self) -> None:
        document = json.loads(written(one(SPECIAL_SHAPE, *SPECIAL_ROW), Style("full", V4_01)))
        assert document["@id"] == f"{ROOT}Products({TWO})"
        assert document["@editLink"] == f"{ROOT}Products({TWO})/Shop.SpecialProduct"
        assert document["Keeper@navigationLink"] == f"{ROOT}Products({TWO})/Shop.SpecialProduct/Keeper"
        assert document["Category@navigationLink"] == f"{ROOT}Products({TWO})/Category"
        assert document["ID@type"] == "Guid"

    def test_streams(self) -> None:
        document = json.loads(
            written(one(shape("Products", "ID Version PhotoType"), uuid.UUID(ONE), 1, "image/png"), FULL)
        )
        assert document["Photo@odata.mediaReadLink"] == f"{ROOT}Products({ONE})/Photo"
        assert document["Photo@odata.mediaEditLink"] == f"{ROOT}Products({ONE})/Photo"
        assert document["Photo@odata.mediaContentType"] == "image/png"

    def test_enumerations_say_their_type(self) -> None:
        document = json.loads(written(one(shape("Products", "ID Version Status"), uuid.UUID(ONE), 1, 3), FULL))
        assert (document["Status@odata.type"], document["Status"]) == ("#Shop.Status", "InStock,OnSale")


def test_media_entities() -> None:
    items = shape("MediaItems", "ID Name ContentType")
    assert written(one(items, 1, "logo", "image/svg+xml")) == CONTEXT + (
        '#MediaItems/$entity","@odata.mediaContentType":"image/svg+xml","ID":1,"Name":"logo","ContentType":"image/svg+xml"}'
    )
    full = json.loads(written(one(items, 1, "logo", None), FULL))
    assert full["@odata.mediaReadLink"] == f"{ROOT}MediaItems(1)/$value"
    assert full["@odata.mediaContentType"] == "application/octet-stream"  # as $value says


class TestDelta:
    result = EntityDelta(Level(CATEGORIES, [(1, "Sea"), (2, "Sky"), (3, "Sun")]), ["", "deleted", "changed"])

    def test_version_4_0(self) -> None:
        assert written(replace(self.result, delta_link="http://host/delta")) == CONTEXT + (
            '#Categories/$delta","value":[{"ID":1,"Name":"Sea"},'
            f'{CONTEXT}#Categories/$deletedEntity","id":"{ROOT}Categories(2)","reason":"deleted"}},'
            f'{CONTEXT}#Categories/$deletedEntity","id":"{ROOT}Categories(3)","reason":"changed"}}],'
            '"@odata.deltaLink":"http://host/delta"}'
        )

    def test_version_4_01(self) -> None:
        assert written(replace(self.result, next_link="http://host/next"), NEW) == (
            f'{{"@context":"{ROOT}$metadata#Categories/$delta","value":[{{"ID":1,"Name":"Sea"}},'
            f'{{"@removed":{{"reason":"deleted"}},"@id":"{ROOT}Categories(2)"}},'
            f'{{"@removed":{{"reason":"changed"}},"@id":"{ROOT}Categories(3)"}}],"@nextLink":"http://host/next"}}'
        )

    def test_nothing_changed(self) -> None:
        nothing = EntityDelta(Level(NAMES, []), [], delta_link="http://host/delta")
        assert written(nothing) == CONTEXT + (
            '#Categories(Name)/$delta","value":[],"@odata.deltaLink":"http://host/delta"}'
        )

    def test_the_last_page_of_a_collection_has_the_first_delta_link(self) -> None:
        page = EntityCollection(Level(CATEGORIES, []), delta_link="http://host/delta")
        assert written(page, NEW).endswith('"value":[],"@deltaLink":"http://host/delta"}')


def test_references() -> None:
    level = Level(CATEGORIES, [(1, "Sea")])
    assert written(EntityLinks(level, True, 4)) == CONTEXT + (
        f'#Collection($ref)","@odata.count":4,"value":[{{"@odata.id":"{ROOT}Categories(1)"}}]}}'
    )
    assert written(EntityLinks(level, False)) == CONTEXT + f'#$ref","@odata.id":"{ROOT}Categories(1)"}}'
    singleton = EntityLinks(Level(COMPANY, [(1, "Ltd")]), False)
    assert written(singleton, NEW) == f'{{"@context":"{ROOT}$metadata#$ref","@id":"{ROOT}Company"}}'


@pytest.mark.parametrize(
    "name, value, style, text",
    [
        ("Name", "Net", Style(), '"value":"Net"}'),
        ("Name", "Net", FULL, '"value":"Net"}'),
        ("Price", decimal.Decimal("1.50"), Style(), '"value":1.50}'),
        ("Price", decimal.Decimal("1.50"), Style(ieee754=True), '"value":"1.50"}'),
        ("Sold", 2**63 - 1, FULL, '"@odata.type":"#Int64","value":9223372036854775807}'),
        ("Status", 3, Style(), '"value":"InStock,OnSale"}'),
    ],
)
def test_property(name: str, value: object, style: Style, text: str) -> None:
    result = PropertyValue(PRODUCT.properties[name], value)
    assert written(result, style, f"Products({ONE})/{name}") == f'{CONTEXT}#Products({ONE})/{name}",{text}'


def test_structure_alone() -> None:
    result = ComplexValue(PRODUCT.complex["ShipsTo"], {"Street": "Quay", "City": None})
    path = f"Products({ONE})/ShipsTo"
    assert written(result, path=path) == f'{CONTEXT}#{path}","Street":"Quay","City":null}}'
    assert '"@odata.type":"#Shop.Address"' in written(result, FULL, path)


@pytest.mark.parametrize(
    "result, text",
    [
        (OperationResult(1.5, "Edm.Double"), '#Edm.Double","value":1.5}'),
        (OperationResult(["a", "b"], "Edm.String", True), '#Collection(Edm.String)","value":["a","b"]}'),
        (OperationResult(2**53 + 1, "Edm.Int64"), '#Edm.Int64","value":9007199254740993}'),
        (OperationResult({"Total": 1.5}, "Shop.Stats"), '#Shop.Stats","Total":1.5}'),
        (OperationResult([{"Total": 1.5}], "Shop.Stats", True), '#Collection(Shop.Stats)","value":[{"Total":1.5}]}'),
        (OperationResult({"type": "Point", "coordinates": [1.0, 2.0]}, "Edm.GeographyPoint"),
         '#Edm.GeographyPoint","value":{"type":"Point","coordinates":[1.0,2.0]}}'),
    ],
)  # fmt: skip
def test_results_of_operations(result: OperationResult, text: str) -> None:
    assert written(result) == CONTEXT + text


def test_dynamic_rows_say_the_types_that_their_json_does_not() -> None:
    rows = [{"Customer": {"Country": "USA"}, "Total": decimal.Decimal("7.0"), "Mean": 1.5, "Nothing": None}]
    result = DynamicRows(rows, "Sales(Customer(Country),Total)", 1)
    assert written(result) == CONTEXT + (
        '#Sales(Customer(Country),Total)","@odata.count":1,"value":[{"@odata.id":null,"Customer":{"Country":"USA"},'
        '"Total@odata.type":"#Decimal","Total":7.0,"Mean":1.5,"Nothing":null}]}'
    )
    assert json.loads(written(result, NEW))["value"] == [
        {"Customer": {"Country": "USA"}, "Total@type": "Decimal", "Total": 7.0, "Mean": 1.5, "Nothing": None}
    ]


def test_service_document() -> None:
    document = json.loads(written(ServiceDocument(MODEL)))
    assert document["@odata.context"] == f"{ROOT}$metadata"
    assert {"name": "Products", "kind": "EntitySet", "url": "Products"} in document["value"]
    assert {"name": "Company", "kind": "Singleton", "url": "Company"} in document["value"]


def test_a_root_from_a_header_cannot_leave_its_string() -> None:
    document = write(EntityCollection(Level(CATEGORIES, [(1, "x")])), 'http://a"b\\/', "", FULL)
    assert json.loads(document)["@odata.context"] == "http://a%22b%5C/$metadata#Categories"
