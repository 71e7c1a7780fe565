"""What V4's clients send in bodies, and what is refused and why."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odata_service.bind.payload import DeltaPayload, EntityPayload, EntityReference, Octets, Removed
from odata_service.edm import primitive as edm
from odata_service.edm.model import EntityType
from odata_service.errors import BadRequest, ODataError, PayloadTooLarge, UnsupportedMediaType
from odata_service.formats.parameters_v4 import Parameter
from odata_service.formats.read_json_v4 import JsonBodyV4
from odata_service.formats.version_v4 import V4_0
from odata_service.limits import Limits

from .shop import MODEL, ONE, PRODUCT, SPECIAL

CATEGORY, LINE = MODEL.types["Category"], MODEL.types["Line"]
STATUS = MODEL.enums["Status"]
SHIPS_TO = PRODUCT.complex["ShipsTo"]


def body(sent: object, content_type: str | None = "application/json", **more: Any) -> JsonBodyV4:
    content = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    return JsonBodyV4(content, content_type, MODEL, more.pop("limits", Limits()), **more)


def inserted(sent: object, entity_type: EntityType = PRODUCT, **more: Any) -> EntityPayload:
    return body(sent, **more).entity(entity_type, partial=False)


def changed(sent: object, entity_type: EntityType = PRODUCT, **more: Any) -> EntityPayload:
    return body(sent, **more).entity(entity_type, partial=True)


def refusal(sent: object, entity_type: EntityType = PRODUCT, *, partial: bool = True, **more: Any) -> BadRequest:
    with pytest.raises(BadRequest) as caught:
        body(sent, **more).entity(entity_type, partial=partial)
    return caught.value


def test_an_entity() -> None:
    payload = inserted({"Name": "Net", "Price": 1.50, "Sold": "9007199254740993", "Status": "InStock,OnSale"})
    assert payload == EntityPayload(
        PRODUCT, {"Name": "Net", "Price": Decimal("1.50"), "Sold": 9007199254740993, "Status": 3}
    )


@pytest.mark.parametrize(
    "said", ["#Shop.SpecialProduct", "Shop.SpecialProduct", "http://host/$metadata#Shop.SpecialProduct"]
)
@pytest.mark.parametrize("name", ["@odata.type", "@type"])
def test_a_derived_entity(name: str, said: str) -> None:
    payload = inserted({name: said, "Name": "Rod", "Feature": "bends"})
    assert (payload.type, payload.values) == (SPECIAL, {"Name": "Rod", "Feature": "bends"})


def test_the_discriminator_says_the_type_too() -> None:
    assert inserted({"Kind": "special", "Name": "Rod", "Feature": "bends"}).type is SPECIAL
    assert inserted({"Kind": "product", "Name": "Net"}).type is PRODUCT


def test_a_change_may_be_of_a_derived_entity() -> None:
    assert changed({"Feature": "bends"}).values == {"Feature": "bends"}
    assert refusal({"Feature": "bends", "@odata.type": "#Shop.Product"}).target == "Feature"
    assert refusal({"Name": "Rod", "Feature": "bends"}, partial=False).target == "Feature"


@pytest.mark.parametrize("said", ["#Shop.Category", "#Shop.Nothing", "Product", "", 5])
def test_types_that_do_not_fit(said: object) -> None:
    error = refusal({"@odata.type": said, "Name": "Net"})
    assert (error.code, error.target) == ("InvalidValue", "@odata.type")


def test_what_only_says_something_is_passed_over() -> None:
    echo = {
        "@odata.context": "$metadata#Products/$entity", "@odata.etag": 'W/"1"', "@odata.id": f"Products({ONE})",
        "@odata.editLink": "x", "ID": ONE, "Name": "Net", "Name@odata.type": "#String", "CreatedAt": "nonsense",
        "Photo": None, "Photo@odata.mediaReadLink": "x", "@My.Annotation": {"any": 1}, "Category@odata.navigationLink": "x",
    }  # fmt: skip
    payload = changed(echo)
    assert payload.values == {"ID": uuid.UUID(ONE), "Name": "Net"}
    assert (payload.etag, payload.reference) == ('W/"1"', EntityReference(f"Products({ONE})"))
    assert inserted({"Name": "Net", "Stock": None}).values == {"Name": "Net"}  # there is a default for it


def test_values_of_the_address_win() -> None:
    key = {"Order": 2**53 + 1, "Code": "a"}
    payload = body({"Order": 5, "Amount": 1}).entity(LINE, partial=False, known=key)
    assert payload.values == {**key, "Amount": 1}


class TestRelations:
    @pytest.mark.parametrize("name", ["Category@odata.bind", "Category@bind"])
    def test_bind_one(self, name: str) -> None:
        payload = inserted({"Name": "Net", name: "Categories(6)"})
        assert payload.related == {"Category": (EntityReference("Categories(6)"),)}

    def test_bind_several_adds_to_a_collection(self) -> None:
        payload = changed({"Products@odata.bind": ["Products(1)", "Products(2)"]}, CATEGORY)
        assert payload.related == {"Products": (EntityReference("Products(1)"), EntityReference("Products(2)"))}
        assert payload.added == {"Products"}

    def test_unbind(self) -> None:
        assert changed({"Category@odata.bind": None}).related == {"Category": ()}
        assert changed({"Category": None}).related == {"Category": ()}

    @pytest.mark.parametrize("name", ["@id", "@odata.id"])
    def test_references(self, name: str) -> None:
        assert changed({"Category": {name: "Categories(6)"}}).related == {
            "Category": (EntityReference("Categories(6)"),)
        }

    def test_deep_insert(self) -> None:
        payload = inserted(
            {"ID": 9924, "Name": "deep", "Products": [{"Name": "child"}, {"@id": "Products(1)"}]}, CATEGORY
        )
        child = EntityPayload(PRODUCT, {"Name": "child"})
        assert payload.related == {"Products": (child, EntityReference("Products(1)"))}

    def test_bindings_and_entities_together(self) -> None:
        sent = {"ID": 1, "Name": "x", "Products@odata.bind": ["Products(1)"], "Products": [{"Name": "child"}]}
        payload = inserted(sent, CATEGORY)
        child, bound = EntityPayload(PRODUCT, {"Name": "child"}), EntityReference("Products(1)")
        assert payload.related["Products"] == (child, bound)
        assert payload.added == frozenset()

    def test_deep_update_names_what_there_shall_be(self) -> None:
        existing, known, new = {"@id": "Products(42)"}, {"@id": "Products(57)", "Name": "Net"}, {"Name": "New"}
        payload = changed({"Name": "x", "Products": [existing, known, new]}, CATEGORY)
        assert payload.related["Products"] == (
            EntityReference("Products(42)"),
            EntityPayload(PRODUCT, {"Name": "Net"}, reference=EntityReference("Products(57)")),
            EntityPayload(PRODUCT, {"Name": "New"}),
        )
        assert payload.added == frozenset()

    def test_updates_of_version_4_0_have_no_entities_inside(self) -> None:
        error = refusal({"Category": {"Name": "x"}}, version=V4_0)
        assert error.target == "Category"
        assert "4.01" in error.message
        inserted({"Name": "Net", "Category": {"ID": 1, "Name": "x"}}, version=V4_0)

    def test_changes_of_a_collection(self) -> None:
        sent = [{"@removed": {"reason": "deleted"}, "@id": "Products(1)"}, {"@id": "Products(2)"}, {"Name": "New"}]
        payload = changed({"Products@delta": sent}, CATEGORY)
        assert payload.changes["Products"].items == (
            Removed({}, EntityReference("Products(1)"), "deleted"),
            EntityReference("Products(2)"),
            EntityPayload(PRODUCT, {"Name": "New"}),
        )

    @pytest.mark.parametrize(
        "sent, target",
        [
            ({"Products": {"Name": "x"}}, "Products"),
            ({"Products": None}, "Products"),
            ({"Products": [5]}, "Products/0"),
            ({"Products": [{"Nam": "x"}]}, "Products/0/Nam"),
            ({"Products": [{"Category": {"Name": 5}}]}, "Products/0/Category/Name"),
            ({"Products@odata.bind": "Products(1)"}, "Products@odata.bind"),
            ({"Products@odata.bind": [5]}, "Products@odata.bind/0"),
            ({"Products@odata.bind": None}, "Products@odata.bind"),
            ({"Products@delta": {}}, "Products@odata.delta"),
            ({"Products@delta": [{"@removed": {}, "Name": "x"}]}, "Products@odata.delta/0"),
            ({"Products@delta": [{"Name": 5}]}, "Products@odata.delta/0/Name"),
        ],
    )
    def test_refused(self, sent: object, target: str) -> None:
        assert refusal(sent, CATEGORY).target == target


class TestStructures:
    def test_whole_and_in_part(self) -> None:
        whole = {"Street": "Quay", "City": "Kiel"}
        assert inserted({"Name": "Net", "ShipsTo": whole}).structures == {"ShipsTo": whole}
        assert changed({"ShipsTo": {"@odata.type": "#Shop.Address", "City": None}}).structures == {
            "ShipsTo": {"City": None}
        }
        assert changed({"ShipsTo": None}).structures == {"ShipsTo": None}

    @pytest.mark.parametrize(
        "sent, target", [(5, "ShipsTo"), ({"Cit": "x"}, "ShipsTo/Cit"), ({"City": 5}, "ShipsTo/City"),
                         ({"City": "x" * 11}, "ShipsTo/City")]
    )  # fmt: skip
    def test_refused(self, sent: object, target: str) -> None:
        assert refusal({"ShipsTo": sent}).target == target

    def test_an_unknown_member_is_named_with_its_structure(self) -> None:
        assert refusal({"ShipsTo": {"Cit": "x"}}).message == "Address has no property 'Cit'; did you mean 'City'?"

    def test_alone(self) -> None:
        assert body({"City": "Kiel"}).structure(SHIPS_TO) == {"City": "Kiel"}
        assert body({"value": {"City": "Kiel"}}).structure(SHIPS_TO) == {"City": "Kiel"}
        assert body({"value": None}).structure(SHIPS_TO) is None
        with pytest.raises(BadRequest) as error:
            body({"Cit": "Kiel"}).structure(SHIPS_TO)
        assert error.value.target == "Cit"


@pytest.mark.parametrize(
    "sent, target, code",
    [
        ({"Titel": "x"}, "Titel", "UnknownProperty"),
        ({"name": "x"}, "name", "UnknownProperty"),
        ({"Name": 5}, "Name", "InvalidValue"),
        ({"Name": None}, "Name", "InvalidValue"),
        ({"Name": "x" * 21}, "Name", "InvalidValue"),
        ({"Price": "1.00001"}, "Price", "InvalidValue"),
        ({"Price": {}}, "Price", "InvalidValue"),
        ({"Status": "Sold"}, "Status", "InvalidValue"),
        ({"__metadata": {}}, "__metadata", "UnknownProperty"),
        (b'{"Name":"a","Name":"b"}', "Name", "DuplicateName"),
        (b'{"Price":NaN}', None, "InvalidJson"),
        (b"{", None, "InvalidJson"),
        (b"", None, "BodyMissing"),
        ([], None, "InvalidValue"),
        (None, None, "InvalidValue"),
        ("x", None, "InvalidValue"),
    ],
)
def test_refused(sent: object, target: str | None, code: str) -> None:
    error = refusal(sent)
    assert (error.target, error.code) == (target, code)


def test_what_is_missing_is_named() -> None:
    assert refusal({}, partial=False).target == "Name"
    assert changed({}).values == {}


def test_more_mistakes_are_details() -> None:
    error = refusal({"Name": 5, "Price": "x", "Stock": "y"})
    assert [error.target, *(detail.target for detail in error.details)] == ["Name", "Price", "Stock"]


def test_limits() -> None:
    with pytest.raises(PayloadTooLarge):
        inserted(
            {"ID": 1, "Name": "x", "Products": [{"Name": "y"}] * 3}, CATEGORY, limits=Limits(max_objects_on_insert=3)
        )
    with pytest.raises(PayloadTooLarge):
        body({"value": [{"ID": ONE}] * 4}, limits=Limits(max_objects_on_insert=3)).changes(PRODUCT)


@pytest.mark.parametrize(
    "content_type",
    [None, "application/json", "application/json;IEEE754Compatible=true", "application/json;odata=minimalmetadata",
     "application/json;odata.metadata=full;charset=utf-8", "text/json"],
)  # fmt: skip
def test_content_types(content_type: str | None) -> None:
    inserted({"Name": "Net"}, content_type=content_type)


def test_content_types_that_are_not_read() -> None:
    with pytest.raises(UnsupportedMediaType):
        inserted({"Name": "Net"}, content_type="application/atom+xml")


class TestProperties:
    def test_value(self) -> None:
        assert body({"value": "Net"}).property(PRODUCT.properties["Name"]) == "Net"
        assert body({"@odata.context": "x", "value": "1.5"}).property(PRODUCT.properties["Price"]) == Decimal("1.5")
        assert body({"value": None}).property(PRODUCT.properties["Price"]) is None

    @pytest.mark.parametrize(
        "sent", [{}, {"Name": "x"}, [], "x", {"value": "x", "more": 1}, {"value": 5}, {"value": None}]
    )
    def test_refused(self, sent: object) -> None:
        with pytest.raises(BadRequest):
            body(sent).property(PRODUCT.properties["Name"])

    def test_raw(self) -> None:
        assert body("Zoë".encode(), "text/plain").raw(PRODUCT.properties["Name"]) == "Zoë"
        assert body(b"5", "text/plain").raw(PRODUCT.properties["Stock"]) == 5
        assert body(b"\xff", None).raw(PRODUCT.properties["Data"]) == b"\xff"
        with pytest.raises(BadRequest):
            body(b"x" * 9, None).raw(PRODUCT.properties["Data"])
        with pytest.raises(BadRequest):
            body(b"many", "text/plain").raw(PRODUCT.properties["Stock"])

    def test_octets(self) -> None:
        assert body(b"\0", "image/png").octets() == Octets(b"\0", "image/png")
        assert body(b"\0", None).octets() == Octets(b"\0", "application/octet-stream")


class TestReferences:
    def test_one_and_several(self) -> None:
        assert body({"@odata.id": "Products(1)"}).references() == (EntityReference("Products(1)"),)
        assert body({"@odata.context": "$metadata#$ref", "@id": "x"}).references() == (EntityReference("x"),)
        several = {"value": [{"@id": "Products(1)"}, {"@odata.id": "Products(2)"}]}
        assert body(several).references() == (EntityReference("Products(1)"), EntityReference("Products(2)"))

    @pytest.mark.parametrize("sent", [{}, {"@odata.id": 5}, {"@odata.id": None}, [], "x", {"value": [5]}, {"id": "x"}])
    def test_refused(self, sent: object) -> None:
        with pytest.raises(BadRequest):
            body(sent).references()


def test_changes_of_a_set() -> None:
    sent = {
        "@context": "#$delta",
        "value": [
            {"ID": ONE, "Name": "Net", "@Org.OData.Core.V1.ContentID": "7"},
            {"@removed": {"reason": "changed"}, "ID": ONE},
        ],
    }
    key = {"ID": uuid.UUID(ONE)}
    assert body(sent).changes(PRODUCT) == DeltaPayload(
        (EntityPayload(PRODUCT, {**key, "Name": "Net"}, content_id="7"), Removed(key, None, "changed"))
    )


@pytest.mark.parametrize(
    "sent", [{}, [], {"value": {}}, {"value": [5]}, {"value": [{"@removed": {}}]}, {"value": [{"x": 1}]}]
)
def test_changes_that_are_refused(sent: object) -> None:
    with pytest.raises(BadRequest):
        body(sent).changes(PRODUCT)


class TestParameters:
    declared = (
        Parameter("percentage", edm.DOUBLE),
        Parameter("status", STATUS, optional=True),
        Parameter("names", edm.STRING, collection=True, optional=True),
        Parameter("to", SHIPS_TO, nullable=True, optional=True),
        Parameter("product", PRODUCT, optional=True),
    )

    def test_read(self) -> None:
        sent = {"percentage": "5", "status": "OnSale", "names": ["a", "b"], "to": {"City": "Kiel"},
                "product": {"@id": "Products(1)"}}  # fmt: skip
        assert body(sent).parameters(self.declared) == {
            "percentage": 5.0,
            "status": 2,
            "names": ("a", "b"),
            "to": {"City": "Kiel"},
            "product": EntityReference("Products(1)"),
        }
        assert body({"percentage": 1, "to": None}).parameters(self.declared) == {"percentage": 1.0, "to": None}

    @pytest.mark.parametrize("sent", [b"", b" ", b"{}", b"null"])
    def test_nothing_to_say(self, sent: bytes) -> None:
        assert body(sent).parameters(()) == {}

    @pytest.mark.parametrize(
        "sent, target",
        [
            ({}, "percentage"),
            ({"percentage": None}, "percentage"),
            ({"percentage": "many"}, "percentage"),
            ({"percentage": 1, "more": 1}, "more"),
            ({"percentage": 1, "status": "Sold"}, "status"),
            ({"percentage": 1, "names": "a"}, "names"),
            ({"percentage": 1, "names": ["a", 5]}, "names/1"),
            ({"percentage": 1, "to": {"Cit": 1}}, "to/Cit"),
            ({"percentage": 1, "product": {"Nam": 1}}, "product/Nam"),
            ([], None),
        ],
    )
    def test_refused(self, sent: object, target: str | None) -> None:
        with pytest.raises(BadRequest) as error:
            body(sent).parameters(self.declared)
        assert error.value.target == target


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.sampled_from([
        "ID", "Name", "Price", "Status", "Place", "ShipsTo", "City", "Category", "Products", "Products@delta", "value",
        "Category@odata.bind", "@id", "@type", "@removed", "@odata.etag", "@Core.ContentID", "type", "coordinates", "@",
    ]) | st.text(), inside, max_size=4),
    max_leaves=12,
)  # fmt: skip


def _answered(sent: bytes) -> None:
    """Whatever comes is read or refused with a 4xx."""
    for read in (
        lambda: body(sent).entity(PRODUCT, partial=True),
        lambda: body(sent).entity(CATEGORY, partial=False),
        lambda: body(sent).changes(PRODUCT),
        lambda: body(sent).structure(SHIPS_TO),
        lambda: body(sent).references(),
        lambda: body(sent).property(PRODUCT.properties["Place"]),
        lambda: body(sent).raw(PRODUCT.properties["Area"]),
        lambda: body(sent).parameters(TestParameters.declared),
    ):
        assert _status(read) < 500


def _status(read: Callable[[], object]) -> int:
    try:
        read()
    except ODataError as error:
        return error.status
    return 200


@given(JSON)
def test_any_json(sent: object) -> None:
    _answered(json.dumps(sent).encode())


@given(st.binary())
def test_any_bytes(sent: bytes) -> None:
    _answered(sent)


VALUES = [None, 1, 256, -1, 1.5, "", "Net", "x" * 300, "2020-02-29", "9007199254740993", "InStock", True, [], {}, ONE]


@given(
    st.dictionaries(st.sampled_from([*PRODUCT.properties, "Category", "Nothing"]), st.sampled_from(VALUES)),
    st.booleans(),
)
def test_an_annotation_that_nobody_knows_changes_nothing(document: dict[str, object], partial: bool) -> None:
    """What has nothing but plain values is read in a shorter way, with the same result and the same refusals."""

    def read(sent: object) -> object:
        try:
            return body(sent).entity(PRODUCT, partial=partial)
        except ODataError as error:
            return str(error), [str(detail) for detail in error.details]

    assert read(document) == read({**document, "@odata.note": "nobody knows"})
