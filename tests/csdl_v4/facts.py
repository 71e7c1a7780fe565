"""The two documents as facts, so that they can be compared: ``(("Shop", "Article", "Name"), "MaxLength", 100)``.

Each reader knows only its own format and what the absence of something means there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from lxml import etree

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
EDMX = "{http://docs.oasis-open.org/odata/ns/edmx}"

Facts = set[tuple[tuple[str, ...], str, str]]

_SAID_BY_ABSENCE = {("MaxLength", "max"), ("Scale", "variable")}
_XML_DEFAULTS = {
    "Property": {"Nullable": "true"},
    "Parameter": {"Nullable": "true"},
    "ReturnType": {"Nullable": "true"},
}
_IN_JSON_ONLY_WHEN_TRUE = ("Abstract", "HasStream", "IsFlags", "IsBound", "IsComposable")
_VALUE_TAGS = (
    "String",
    "Bool",
    "Int",
    "Float",
    "Decimal",
    "PropertyPath",
    "NavigationPropertyPath",
    "EnumMember",
    "Path",
)


def facts_of_xml(document: bytes) -> Facts:
    root = etree.fromstring(document)
    schema = root.find(f"{EDMX}DataServices/{EDM}Schema")
    facts = {(("",), "Include", include.get("Namespace")) for include in root.iter(f"{EDMX}Include")}
    for child in schema:
        facts |= set(_element(child, (schema.get("Namespace"),)))
    return facts


def _tag(element: Any) -> str:
    return etree.QName(element).localname


def _element(element: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str, str]]:
    tag = _tag(element)
    if tag == "Annotation":
        yield path, "@" + element.get("Term"), json.dumps(_xml_value(element), sort_keys=True)
    elif tag == "Key":
        yield path, "Key", " ".join(ref.get("Name") for ref in element)
    elif tag == "Member":
        yield path, f"member {element.get('Name')}", element.get("Value")
    elif tag == "ReferentialConstraint":
        yield path, f"constraint {element.get('Property')}", element.get("ReferencedProperty")
    elif tag == "NavigationPropertyBinding":
        yield path, f"binding {element.get('Path')}", element.get("Target")
    else:
        yield from _named(element, tag, path)


def _named(element: Any, tag: str, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str, str]]:
    here = (
        *path,
        element.get("Name", tag) + _overload(each.get("Name") for each in element if _tag(each) == "Parameter"),
    )
    yield here, "kind", tag
    attributes = _XML_DEFAULTS.get(tag, {}) | dict(element.attrib)
    if attributes.get("Type", "").startswith("Collection("):
        attributes["Type"], attributes["Collection"] = attributes["Type"][11:-1], "true"
    if attributes.get("Type") == "Edm.Decimal":
        attributes.setdefault("Scale", "0")
    for name, value in attributes.items():
        is_default = (name == "Nullable" or name in _IN_JSON_ONLY_WHEN_TRUE) and value == "false"
        if name != "Name" and not is_default and (name, value) not in _SAID_BY_ABSENCE:
            yield here, "Type" if name == "EntityType" else name, value
    for child in element:
        yield from _element(child, here)


def _overload(parameters: Iterable[str]) -> str:
    """What tells the forms of a function apart: ``(count,category)``."""
    names = ",".join(parameters)
    return f"({names})" if names else ""


def _xml_value(element: Any) -> Any:
    for tag in _VALUE_TAGS:
        if tag in element.attrib:
            return _constant(tag, element.get(tag))
    return _xml_expression(element[0]) if len(element) else True


def _xml_expression(element: Any) -> Any:
    tag = _tag(element)
    if tag == "Record":
        return {each.get("Property"): _xml_value(each) for each in element}
    if tag == "Collection":
        return [_xml_expression(each) for each in element]
    return _constant(tag, element.text)


def _constant(tag: str, text: str) -> Any:
    if tag == "Bool":
        return text == "true"
    if tag in ("Int", "Float", "Decimal"):
        return float(text)
    if tag == "EnumMember":
        return text.rpartition("/")[2]
    return {"$Path": text} if tag == "Path" else text


def facts_of_json(document: bytes) -> Facts:
    root = json.loads(document)
    namespace = root["$EntityContainer"].rpartition(".")[0]
    facts = {
        (("",), "Include", include["$Namespace"])
        for reference in root["$Reference"].values()
        for include in reference["$Include"]
    }
    for name, value in root[namespace].items():
        facts |= set(_member(name, value, (namespace,), "Schema"))
    return facts


def _member(name: str, value: Any, path: tuple[str, ...], parent: str) -> Iterator[tuple[tuple[str, ...], str, str]]:
    if name.startswith("@"):
        yield path, name, json.dumps(_as_floats(value), sort_keys=True)
    elif parent == "EnumType":
        yield path, f"member {name}", str(value)
    elif isinstance(value, list):
        for overload in value:
            yield from _object(name, overload, path, parent)
    else:
        yield from _object(name, value, path, parent)


def _object(
    name: str, value: dict[str, Any], path: tuple[str, ...], parent: str
) -> Iterator[tuple[tuple[str, ...], str, str]]:
    name = name.removeprefix("$") + _overload(each["$Name"] for each in value.get("$Parameter", ()))
    here, kind = (*path, name), _kind(value, parent)
    yield here, "kind", kind
    facts = dict(value)
    facts.pop("$Kind", None)
    facts.pop("$Name", None)
    if kind in ("Property", "Parameter", "ReturnType") and "$Type" not in facts:
        facts["$Type"] = "Edm.String"
    for inner, each in facts.items():
        if (kind, inner) == ("EntitySet", "$Collection"):
            continue  # what makes it a set and no singleton
        if inner == "$Parameter":
            for parameter in each:
                yield from _object(parameter["$Name"], parameter, here, "Parameter")
        elif inner == "$ReturnType":
            yield from _object(inner, each, here, "ReturnType")
        elif inner in _SPECIAL:
            yield from _SPECIAL[inner](here, each)
        elif inner.startswith("$"):
            yield here, inner[1:], str(each).lower() if isinstance(each, bool) else str(each)
        else:
            yield from _member(inner, each, here, kind)


def _kind(value: dict[str, Any], parent: str) -> str:
    if "$Kind" in value:
        return str(value["$Kind"])
    if parent in ("Parameter", "ReturnType"):
        return parent
    if "$Function" in value or "$Action" in value:
        return "FunctionImport" if "$Function" in value else "ActionImport"
    if parent == "EntityContainer":
        return "EntitySet" if "$Collection" in value else "Singleton"
    return "Property"


def _pairs(word: str) -> Any:
    return lambda here, members: ((here, f"{word} {name}", target) for name, target in members.items())


_SPECIAL = {
    "$Key": lambda here, names: [(here, "Key", " ".join(names))],
    "$ReferentialConstraint": _pairs("constraint"),
    "$NavigationPropertyBinding": _pairs("binding"),
}


def _as_floats(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _as_floats(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_as_floats(each) for each in value]
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
