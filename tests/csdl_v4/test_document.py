"""What the document says of each part of the model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from lxml import etree
from sqlalchemy import Column, Integer, MetaData, String, Table
from sqlalchemy.orm import registry

from odata_service.access import Access, EntitySetRights
from odata_service.edm.from_models import model_from
from odata_service.formats.csdl_json_v4 import write_json
from odata_service.formats.csdl_xml_v4 import write_xml
from odata_service.formats.vocabularies_v4 import Offer, qualified
from odata_service.limits import Limits
from tests.csdl_v4.facts import EDM, facts_of_json, facts_of_xml
from tests.csdl_v4.shop import MODEL, OFFER

FACTS = facts_of_xml(write_xml(OFFER))
GOLDEN = Path(__file__).parent / "shop.xml"
NAMES = {"edm": EDM[1:-1]}


def said_of(*path: str) -> dict[str, str]:
    return {name: value for where, name, value in FACTS if where == ("Shop", *path) and not name.startswith("@")}


def annotations_of(offer: Offer, *path: str) -> dict[str, Any]:
    facts = facts_of_xml(write_xml(offer))
    return {name[1:]: json.loads(value) for where, name, value in facts if where == ("Shop", *path) and name[0] == "@"}


def without_capabilities(document: bytes) -> str:
    """Indented, and without what each set and the container say that the service can do."""
    root = ElementTree.fromstring(document)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.get("Term", "").startswith(
                ("Org.OData.Capabilities", "Org.OData.Aggregation", "Org.OData.Repeatability")
            ):
                parent.remove(child)
    ElementTree.register_namespace("", EDM[1:-1])
    ElementTree.register_namespace("edmx", "http://docs.oasis-open.org/odata/ns/edmx")
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def test_whole_document() -> None:
    assert without_capabilities(write_xml(OFFER)) == GOLDEN.read_text("utf-8")


# Types and properties


@pytest.mark.parametrize(
    "name, facts",
    [
        ("Name", "Edm.String MaxLength=100"),
        ("Notes", "Edm.String Nullable"),
        ("Price", "Edm.Decimal Precision=38 Scale=18"),
        ("Whole", "Edm.Decimal Nullable Precision=10 Scale=0"),
        ("AnyDigits", "Edm.Decimal Nullable"),
        ("Weight", "Edm.Single Nullable"),
        ("Rating", "Edm.Byte Nullable"),
        ("Chill", "Edm.SByte Nullable"),
        ("Stock", "Edm.Int16 DefaultValue=0"),
        ("Sold", "Edm.Int64 Nullable"),
        ("Colours", "Shop.Colours"),
        ("Mood", "Shop.Mood Nullable"),
        ("Data", "Edm.Binary MaxLength=16 Nullable"),
        ("Released", "Edm.Date Nullable"),
        ("Opens", "Edm.TimeOfDay Nullable Precision=6"),
        ("Lasts", "Edm.Duration Nullable Precision=6"),
        ("CreatedAt", "Edm.DateTimeOffset Precision=6"),
        ("LastUpdated", "Edm.DateTimeOffset Precision=6"),
        ("Where", "Edm.GeographyPoint Nullable SRID=4326"),
        ("ShipsFrom", "Shop.Place Nullable"),
        ("Photo", "Edm.Stream Nullable"),
    ],
)
def test_facets(name: str, facts: str) -> None:
    said = said_of("Article", name)
    assert (said.pop("kind"), said.pop("Type")) == ("Property", facts.split()[0])
    nullable = {"Nullable"} if said.pop("Nullable", "false") == "true" else set()
    assert {f"{name}={value}" for name, value in said.items()} | nullable == set(facts.split()[1:])


@pytest.mark.parametrize(
    "name, facts",
    [
        ("Nicknames", "Collection(Edm.String) Nullable=false MaxLength=20"),
        ("Lucky", "Collection(Edm.Int64) Nullable=true"),
        ("Moods", "Collection(Shop.Mood) Nullable=false"),
        ("Fees", "Collection(Edm.Decimal) Nullable=false Precision=10 Scale=2"),
        ("Trips", "Collection(Shop.Trip) Nullable=false"),
    ],
)
def test_collections_of_values(name: str, facts: str) -> None:
    found = etree.fromstring(write_xml(OFFER)).find(
        f".//edm:EntityType[@Name='Person']/edm:Property[@Name='{name}']", NAMES
    )
    said = {key: value for key, value in found.attrib.items() if key not in ("Name", "Type")}
    assert [found.get("Type"), *(f"{key}={value}" for key, value in said.items())] == facts.split()


def test_a_structure_that_only_a_collection_has() -> None:
    assert said_of("Trip", "To") == {"kind": "Property", "Type": "Edm.String", "MaxLength": "30"}
    assert said_of("Trip", "By") == {"kind": "Property", "Type": "Shop.Colours", "Nullable": "true"}


def test_a_structure_is_as_wide_as_its_widest_use() -> None:
    assert said_of("Place", "Street") == {
        "kind": "Property",
        "Type": "Edm.String",
        "MaxLength": "80",
        "Nullable": "true",
    }


def test_a_derived_type_declares_only_what_it_adds() -> None:
    declared = {where[2] for where, _, _ in FACTS if where[:2] == ("Shop", "Bundle") and len(where) > 2}
    assert declared == {"Discount", "KeeperName", "Keeper"}
    assert said_of("Bundle") == {"kind": "EntityType", "BaseType": "Shop.Article"}
    assert said_of("Payment") == {"kind": "EntityType", "Abstract": "true", "Key": "Id"}


def test_a_base_type_stands_before_what_is_derived_from_it() -> None:
    types = [each.get("Name") for each in etree.fromstring(write_xml(OFFER)).iter(f"{EDM}EntityType")]
    assert types.index("Article") < types.index("Bundle")
    assert types.index("Payment") < types.index("Cash")


# Navigation


@pytest.mark.parametrize(
    "path, facts",
    [
        ("Article/Shelf", "Shop.Shelf ?Articles ShelfHall→Hall ShelfNumber→Number"),  # two key properties
        ("Person/Boss", "Shop.Person ?Team BossName→Name"),  # to itself
        ("Person/Team", "Collection(Shop.Person) Boss"),
        ("Letter/Sender", "Shop.Person Sent SenderName→Name"),  # two between the same types
        ("Letter/Receiver", "Shop.Person ?Received"),  # its foreign key is not published
        ("Article/GoesWith", "Collection(Shop.Article) -"),  # to itself by a link table, one way
        ("Bundle/Keeper", "Shop.Person ?Bundles KeeperName→Name"),
        ("Person/Bundles", "Collection(Shop.Bundle) Keeper"),  # to a derived type
        ("Owner/Favourite", "Shop.Article ?- FavouriteId→Id"),
    ],
)
def test_navigation(path: str, facts: str) -> None:
    way = etree.fromstring(write_xml(OFFER)).find(
        ".//edm:EntityType[@Name='{}']/edm:NavigationProperty[@Name='{}']".format(*path.split("/")), NAMES
    )
    nullable = "?" if way.get("Nullable") == "true" else ""
    constraint = [f"{each.get('Property')}→{each.get('ReferencedProperty')}" for each in way]
    assert " ".join([way.get("Type"), nullable + way.get("Partner", "-"), *constraint]) == facts
    assert ("Nullable" in way.attrib) != way.get("Type").startswith("Collection")


@pytest.mark.parametrize(
    "name, bindings",
    [
        ("Articles", {"Shelf": "Shelves", "GoesWith": "Articles", "Shop.Bundle/Keeper": "People"}),
        (
            "People",
            {"Boss": "People", "Team": "People", "Sent": "Letters", "Received": "Letters", "Bundles": "Articles"},
        ),
        ("TheOwner", {"Favourite": "Articles"}),
        ("Pictures", {}),
    ],
)
def test_bindings(name: str, bindings: dict[str, str]) -> None:
    said = said_of("ShopContainer", name)
    assert {key.split(" ")[1]: value for key, value in said.items() if key.startswith("binding")} == bindings


# Functions and actions


@pytest.mark.parametrize(
    "path, facts",
    [
        ("Cheapest(bindingParameter,count)", "Function EntitySetPath=bindingParameter IsBound=true IsComposable=true"),
        ("Cheapest(bindingParameter)", "Function EntitySetPath=bindingParameter IsBound=true IsComposable=true"),
        ("Cheapest(bindingParameter)/bindingParameter", "Parameter Collection=true Type=Shop.Article"),
        ("Cheapest(bindingParameter)/ReturnType", "ReturnType Collection=true Type=Shop.Article"),
        ("Find(name)/name", "Parameter Nullable=true Type=Edm.String"),
        ("Find(price,at)/price", "Parameter Type=Edm.Decimal"),
        ("Find(price,at)/at", "Parameter Precision=6 Type=Edm.DateTimeOffset"),
        ("Tint(bindingParameter)/ReturnType", "ReturnType Type=Shop.Colours"),
        ("Praise(bindingParameter,words)", "Action IsBound=true"),
        ("Close(loss,why)", "Action"),
        ("NotPublished", ""),
        ("ShopContainer/Find", "FunctionImport EntitySet=Articles Function=Shop.Find"),
        ("ShopContainer/Close", "ActionImport Action=Shop.Close"),
        ("ShopContainer/NotPublished", ""),
    ],
)
def test_operations(path: str, facts: str) -> None:
    said = said_of(*path.split("/"))
    assert " ".join([said.pop("kind", ""), *(f"{name}={said[name]}" for name in sorted(said))]).strip() == facts


def test_the_forms_of_an_action_are_one() -> None:
    assert said_of("Close(loss)") == {}
    assert annotations_of(OFFER, "Close(loss,why)", "loss") == {}
    assert annotations_of(OFFER, "Close(loss,why)", "why") == {qualified("Core.OptionalParameter"): {}}


# What callers may see


def test_nothing_that_is_hidden_is_named() -> None:
    access = Access(MODEL)
    access.rights.say("*", EntitySetRights.ALL)
    access.rights.say("People", EntitySetRights.NONE)
    facts = facts_of_xml(write_xml(Offer(access.grant().model, limits=Limits())))
    assert not any("Person" in str(fact) or "People" in str(fact) for fact in facts)
    declared = {where[1] for where, name, _ in facts if name == "kind" and len(where) == 2}
    named = {
        value.removeprefix("Shop.") for _, name, value in facts if name in ("Type", "BaseType") and "Shop" in value
    }
    assert named <= declared


@pytest.mark.parametrize(
    "rights, said",
    [
        (EntitySetRights.ALL, "Readable Insertable Updatable Deletable"),
        (EntitySetRights.ALL_READ, "Readable"),
        (EntitySetRights.READ_SINGLE, ""),
        (EntitySetRights.READ_MULTIPLE | EntitySetRights.WRITE_APPEND, "Readable Insertable"),
        (EntitySetRights.ALL_READ | EntitySetRights.WRITE_REPLACE, "Readable Updatable"),
        (EntitySetRights.WRITE_DELETE, "Deletable"),
    ],
)
def test_rights(rights: EntitySetRights, said: str) -> None:
    annotations = annotations_of(Offer(MODEL, lambda entity_set: rights), "ShopContainer", "Shelves")
    words = {"Read": "Readable", "Insert": "Insertable", "Update": "Updatable", "Delete": "Deletable"}
    told = {word: annotations[qualified(f"Capabilities.{what}Restrictions")][word] for what, word in words.items()}
    assert [word for word, allowed in told.items() if allowed] == said.split()
    by_key = annotations[qualified("Capabilities.ReadRestrictions")]["ReadByKeyRestrictions"]
    assert by_key == {"Readable": bool(rights & EntitySetRights.READ_SINGLE)}


def test_what_a_client_must_and_must_not_send() -> None:
    annotations = annotations_of(OFFER, "ShopContainer", "Articles")
    insert = annotations[qualified("Capabilities.InsertRestrictions")]
    assert insert["RequiredProperties"] == ["Name", "Price", "Colours"]  # Stock has a default, Kind is the type's
    assert insert["NonInsertableProperties"] == ["CreatedAt", "LastUpdated", "IsDeleted"]
    update = annotations[qualified("Capabilities.UpdateRestrictions")]
    assert update["NonUpdatableProperties"] == ["Id", "CreatedAt", "Serial", "LastUpdated", "IsDeleted"]
    assert annotations[qualified("Core.OptimisticConcurrency")] == ["Version"]


@pytest.mark.parametrize(
    "set_name, term, value",
    [
        ("Articles", "Capabilities.ExpandRestrictions", {"Expandable": True, "MaxLevels": 2}),
        ("Pictures", "Capabilities.ExpandRestrictions", {"Expandable": False}),
        ("Articles", "Capabilities.SearchRestrictions", {"Searchable": True}),
        ("Shelves", "Capabilities.SearchRestrictions", {"Searchable": False}),
        ("Articles", "Capabilities.FilterRestrictions", {"Filterable": True, "NonFilterableProperties": ["Photo"]}),
        ("Articles", "Capabilities.SortRestrictions", {"Sortable": True, "NonSortableProperties": ["Where", "Photo"]}),
        (
            "People",
            "Capabilities.SortRestrictions",
            {"Sortable": True, "NonSortableProperties": ["Nicknames", "Lucky", "Moods", "Fees", "Trips"]},
        ),
        ("Shelves", "Capabilities.ChangeTracking", None),
        ("TheOwner", "Capabilities.InsertRestrictions", None),
        ("TheOwner", "Capabilities.DeleteRestrictions", {"Deletable": False}),
    ],
)
def test_annotations_of_sets(set_name: str, term: str, value: object) -> None:
    offer = Offer(MODEL, limits=Limits(max_expand_depth=2))
    assert annotations_of(offer, "ShopContainer", set_name).get(qualified(term)) == value


def test_tracked_properties() -> None:
    tracking = annotations_of(OFFER, "ShopContainer", "Articles")[qualified("Capabilities.ChangeTracking")]
    assert tracking["Supported"] is True
    assert tracking["ExpandableProperties"] == ["GoesWith"], "of what is around articles, those alone carry stamps"
    assert {"Name", "ShipsFrom/City", "Shop.Bundle/Discount"} <= set(tracking["FilterableProperties"])


@pytest.mark.parametrize(
    "name, said",
    [
        ("Price", {"Measures.ISOCurrency": "EUR"}),
        ("Weight", {"Measures.Unit": "kg", "Validation.Minimum": 0.5}),
        ("Size", {"Validation.AllowedValues": [{"Value": "S"}, {"Value": "M"}, {"Value": "L"}]}),
        ("Serial", {"Core.Immutable": True}),
        ("CreatedAt", {"Core.Computed": True, "Core.Permissions": "Read"}),
        ("Id", {"Core.ComputedDefaultValue": True}),
        ("Stock", {}),
        ("Photo", {"Core.MediaType": {"$Path": "PhotoType"}, "Core.AcceptableMediaTypes": ["*/*"]}),
    ],
)
def test_annotations_of_properties(name: str, said: dict[str, Any]) -> None:
    assert annotations_of(OFFER, "Article", name) == {qualified(term): value for term, value in said.items()}


# Names and texts


def strange_offer() -> Offer:
    class Strange:
        __odata__ = {"name": "Größe", "set": "Größen"}

    comment = 'a < b & "c" \x07 \ud800 ]]> é 日本'
    columns = Column("id", Integer, primary_key=True), Column("x", String(5), comment=comment)
    table = Table("strange", MetaData(), *columns)
    registry().map_imperatively(Strange, table, properties={'a<b>&"c"': table.c.x, "étage": table.c.id})
    return Offer(model_from([Strange], "Shop"))


def test_names_that_need_escaping() -> None:
    facts = facts_of_xml(write_xml(strange_offer()))
    assert (("Shop", "Größe", 'a<b>&"c"'), "Type", "Edm.String") in facts
    assert (("Shop", "Größe"), "Key", "étage") in facts
    description = 'a < b & "c" \ufffd \ufffd ]]> é 日本'
    assert (("Shop", "Größe", 'a<b>&"c"'), "@Org.OData.Core.V1.Description", json.dumps(description)) in facts


def test_lines_of_a_description_survive() -> None:
    described = annotations_of(OFFER, "Article", "Name")[qualified("Core.Description")]
    assert described == "As printed: <b>bold</b> & 'quoted'\nin two lines"
    assert (("Shop", "Article", "Name"), "@Org.OData.Core.V1.Description", json.dumps(described)) in facts_of_json(
        write_json(OFFER)
    )


def test_json_of_one_type() -> None:
    document = json.loads(write_json(OFFER))
    assert document["$Version"] == "4.01"
    assert document["$EntityContainer"] == "Shop.ShopContainer"
    assert document["Shop"]["Letter"] == {
        "$Kind": "EntityType",
        "$Key": ["Id"],
        "Id": {"$Type": "Edm.Int32", "@Org.OData.Core.V1.ComputedDefaultValue": True},
        "SenderName": {"$MaxLength": 50},
        "Sender": {
            "$Kind": "NavigationProperty",
            "$Type": "Shop.Person",
            "$Partner": "Sent",
            "$ReferentialConstraint": {"SenderName": "Name"},
        },
        "Receiver": {
            "$Kind": "NavigationProperty",
            "$Type": "Shop.Person",
            "$Nullable": True,
            "$Partner": "Received",
        },
    }
