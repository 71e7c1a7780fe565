"""A ``$metadata`` document, of V2 or V4, as what two of them are compared by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path

from odata_service.config import ConfigurationError
from odata_service.errors import ODataError
from odata_service.formats.read_xml import Node, read_xml
from odata_service.limits import Limits
from odata_service.values import frozen

_V4 = "http://docs.oasis-open.org/odata/ns/edmx"
_LIMITS = Limits(max_xml_elements=5_000_000)


@frozen
class DeclaredProperty:
    type: str
    nullable: bool
    max_length: int | None = None  # in characters or octets; ``None`` for as many as one likes
    precision: int | None = None
    scale: int | None = None


@frozen
class DeclaredWay:
    """A navigation property: to entities of a type, to one or to many."""

    target: str
    collection: bool


@frozen
class DeclaredType:
    base: str
    key: tuple[str, ...]
    properties: Mapping[str, DeclaredProperty]
    navigation: Mapping[str, DeclaredWay]


@frozen
class SchemaDocument:
    """Types by their full name, sets and singletons by name with their type, enumerations with their members."""

    version: str  # ``2`` or ``4``
    types: Mapping[str, DeclaredType]
    sets: Mapping[str, str]
    enums: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def document_in(path: Path) -> SchemaDocument:
    try:
        return read_document(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"cannot read {path}: {error.strerror}") from error
    except (ODataError, ValueError) as error:
        raise ConfigurationError(f"{path} is no $metadata: {error}") from error


def read_document(octets: bytes) -> SchemaDocument:
    """
    >>> read_document(b"<a/>")
    Traceback (most recent call last):
    ValueError: its first element is a, not Edmx
    """
    root = read_xml(octets, "application/xml", _LIMITS)
    if root.local != "Edmx":
        raise ValueError(f"its first element is {root.local}, not Edmx")
    schemas = [each for each in _below(root) if each.local == "Schema"]
    ends = {name: end for schema in schemas for name, end in _ends(schema)}
    types = {name: declared for schema in schemas for name, declared in _types(schema, ends)}
    sets = {
        node.attributes["Name"]: node.attributes.get("EntityType") or node.attributes["Type"]
        for schema in schemas
        for node in _sets(schema)
    }
    enums = {
        f"{schema.attributes['Namespace']}.{node.attributes['Name']}": {
            each.attributes["Name"]: each.attributes.get("Value", "") for each in _named(node, "Member")
        }
        for schema in schemas
        for node in _named(schema, "EnumType")
    }
    return SchemaDocument("4" if root.name == f"{{{_V4}}}Edmx" else "2", types, sets, enums)


def _below(node: Node) -> Iterator[Node]:
    for child in node.children:
        yield child
        yield from _below(child)


def _named(node: Node, *names: str) -> Iterator[Node]:
    return (child for child in node.children if child.local in names)


def _sets(schema: Node) -> Iterator[Node]:
    for container in _named(schema, "EntityContainer"):
        yield from _named(container, "EntitySet", "Singleton")


def _ends(schema: Node) -> Iterator[tuple[tuple[str, str], DeclaredWay]]:
    """V2 says in an association where its navigation properties lead."""
    for association in _named(schema, "Association"):
        for end in _named(association, "End"):
            name = f"{schema.attributes['Namespace']}.{association.attributes['Name']}"
            yield (
                (name, end.attributes["Role"]),
                DeclaredWay(end.attributes["Type"], end.attributes["Multiplicity"] == "*"),
            )


def _types(schema: Node, ends: Mapping[tuple[str, str], DeclaredWay]) -> Iterator[tuple[str, DeclaredType]]:
    for node in _named(schema, "EntityType", "ComplexType"):
        key = [part.attributes["Name"] for each in _named(node, "Key") for part in _named(each, "PropertyRef")]
        yield (
            f"{schema.attributes['Namespace']}.{node.attributes['Name']}",
            DeclaredType(
                node.attributes.get("BaseType", ""),
                tuple(key),
                {each.attributes["Name"]: _property(each) for each in _named(node, "Property")},
                {each.attributes["Name"]: _way(each, ends) for each in _named(node, "NavigationProperty")},
            ),
        )


def _property(node: Node) -> DeclaredProperty:
    said = node.attributes
    return DeclaredProperty(
        said["Type"],
        said.get("Nullable", "true") == "true",
        *(_number(said.get(name)) for name in ("MaxLength", "Precision", "Scale")),
    )


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None


def _way(node: Node, ends: Mapping[tuple[str, str], DeclaredWay]) -> DeclaredWay:
    if "Relationship" in node.attributes:
        return ends[node.attributes["Relationship"], node.attributes["ToRole"]]
    target = node.attributes["Type"]
    return DeclaredWay(target.removeprefix("Collection(").removesuffix(")"), target.startswith("Collection("))
