"""The documents against the OASIS schemas and vocabularies, and against each other."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from odata_service.formats.csdl_json_v4 import write_json
from odata_service.formats.csdl_xml_v4 import write_xml
from odata_service.formats.vocabularies_v4 import VOCABULARIES, Offer
from tests.csdl_v4.facts import EDM, facts_of_json, facts_of_xml
from tests.csdl_v4.shop import OFFER
from tests.formats.library import MODEL as LIBRARY
from tests.npm import Packages

TO_JSON = """
const { xml2json } = require("odata-csdl");
const xml = require("fs").readFileSync(process.argv[1], "utf8");
console.log(JSON.stringify(xml2json(xml, { strict: true })));
"""


@pytest.mark.parametrize("version", ["4.0", "4.01"])
@pytest.mark.parametrize("offer", [OFFER, Offer(LIBRARY)], ids=["shop", "library"])
def test_xml_is_valid(oasis: Packages, offer: Offer, version: str) -> None:
    schema = etree.XMLSchema(etree.parse(oasis.modules / "odata-csdl" / "schemas" / "edmx.xsd"))
    schema.assertValid(etree.fromstring(write_xml(offer, version)))


@pytest.mark.parametrize("offer", [OFFER, Offer(LIBRARY)], ids=["shop", "library"])
def test_json_is_valid(oasis: Packages, offer: Offer) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    text = (oasis.modules / "odata-csdl" / "schemas" / "csdl.schema.json").read_text("utf-8")
    schema = json.loads(re.sub(r"\\\\p\{\w+\}", r"\\\\w", text))  # classes of letters that Python's patterns lack
    jsonschema.Draft4Validator(schema).validate(json.loads(write_json(offer)))


def test_both_formats_say_the_same() -> None:
    assert facts_of_xml(write_xml(OFFER, "4.01")) == facts_of_json(write_json(OFFER))


def test_versions_differ_in_unbounded_lengths_only() -> None:
    assert facts_of_xml(write_xml(OFFER, "4.0")) == facts_of_xml(write_xml(OFFER, "4.01"))
    assert b'MaxLength="max"' in write_xml(OFFER, "4.0")
    assert b'MaxLength="max"' not in write_xml(OFFER, "4.01")


def test_same_bytes_every_time() -> None:
    assert write_xml(OFFER) == write_xml(OFFER)
    assert write_json(OFFER) == write_json(OFFER)


def test_oasis_converter_makes_our_json_of_our_xml(oasis: Packages, tmp_path: Path) -> None:
    document = tmp_path / "metadata.xml"
    document.write_bytes(write_xml(OFFER, "4.01"))
    converted = json.dumps(oasis.value(TO_JSON, str(document)))
    for alias, namespace in VOCABULARIES.items():
        converted = converted.replace(f"@{alias}.", f"@{namespace}.")
    theirs, ours = facts_of_json(converted.encode()), facts_of_json(write_json(OFFER))
    assert (theirs - ours, ours - theirs) == (set(), set())


# Annotations


def _target(element: Any) -> str:
    tag = etree.QName(element).localname
    return str(tag)


def test_every_term_exists_and_applies(vocabularies: dict[str, Any]) -> None:
    for annotation in etree.fromstring(write_xml(OFFER)).iter(f"{EDM}Annotation"):
        namespace, _, name = annotation.get("Term").rpartition(".")
        term = vocabularies[namespace].get(name)
        assert term is not None, f"{namespace} has no term {name}"
        applies = term.get("$AppliesTo")
        assert applies is None or _target(annotation.getparent()) in applies, annotation.get("Term")


def test_every_value_has_its_term_s_type(vocabularies: dict[str, Any]) -> None:
    for annotation in etree.fromstring(write_xml(OFFER)).iter(f"{EDM}Annotation"):
        namespace, _, name = annotation.get("Term").rpartition(".")
        _check(annotation, vocabularies[namespace][name], vocabularies, annotation.get("Term"))


CONSTANTS = {
    "Edm.Boolean": ("Bool",),
    "Edm.String": ("String", "Path"),
    "Edm.Int32": ("Int",),
    "Edm.Byte": ("Int",),
    "Edm.PropertyPath": ("PropertyPath",),
    "Edm.NavigationPropertyPath": ("NavigationPropertyPath",),
    "Edm.PrimitiveType": ("String", "Int", "Float", "Decimal", "Bool"),
    "Edm.Decimal": ("Decimal", "Int", "Float"),
}


def _check(holder: Any, declared: dict[str, Any], vocabularies: dict[str, Any], where: str) -> None:
    """The value that ``holder`` has, as attribute or child, is one of the declared type."""
    value = next((each for each in holder if etree.QName(each).localname != "Annotation"), None)
    if declared.get("$Collection"):
        assert _target(value) == "Collection", where
        for item in value:
            _check_one(item, _target(item), declared, vocabularies, where)
    elif value is not None:
        _check_one(value, _target(value), declared, vocabularies, where)
    else:
        tag = next(name for name in holder.attrib if name not in ("Term", "Property"))
        _check_one(None, tag, declared, vocabularies, where)


def _check_one(value: Any, tag: str, declared: dict[str, Any], vocabularies: dict[str, Any], where: str) -> None:
    name = declared.get("$Type", "Edm.String")
    kind = _lookup(name, vocabularies)
    if kind is None or kind["$Kind"] == "TypeDefinition":
        underlying = name if kind is None else kind.get("$UnderlyingType")
        assert tag in CONSTANTS[underlying], f"{where}: {tag} for {underlying}"
        _check_allowed(value, kind, where)
    elif kind["$Kind"] == "EnumType":
        assert tag == "EnumMember", where
        assert all(each.rpartition("/")[0] == name and each.rpartition("/")[2] in kind for each in value.text.split())
    else:
        assert tag == "Record", where
        members = _members(kind, vocabularies)
        for member in value:
            assert member.get("Property") in members, f"{where} has no {member.get('Property')}"
            _check(member, members[member.get("Property")], vocabularies, f"{where}/{member.get('Property')}")


def _check_allowed(value: Any, kind: dict[str, Any] | None, where: str) -> None:
    allowed = (kind or {}).get("@Org.OData.Validation.V1.AllowedValues")
    if allowed and value is not None:
        assert value.text in [each["Value"] for each in allowed], where


def _lookup(name: str, vocabularies: dict[str, Any]) -> dict[str, Any] | None:
    namespace, _, local = name.rpartition(".")
    found: dict[str, Any] | None = vocabularies.get(namespace, {}).get(local)
    return found


def _members(kind: dict[str, Any], vocabularies: dict[str, Any]) -> dict[str, Any]:
    base = _lookup(kind.get("$BaseType", ""), vocabularies)
    inherited = {} if base is None else _members(base, vocabularies)
    return inherited | {name: each for name, each in kind.items() if name[0] not in "$@"}
