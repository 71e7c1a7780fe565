"""``$metadata`` → :class:`Model`, in every version. Elements are known by their own names, in whatever namespace: there
are a dozen for the same thing, and servers mix them."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from odata_service.edm.primitive import UNTYPED, PrimitiveType

from .failure import NotUnderstood
from .model import EnumType, Model, Property, Resource, StructuredType, Type, ValueType


class Schemas:
    """The elements of all schemas of a document, and the types that they name. ``primitives`` is what a version calls its
    own types."""

    def __init__(self, content: bytes, primitives: dict[str, PrimitiveType], version: str) -> None:
        self.model = Model(version)
        self._primitives = primitives
        self._schemas = [each for each in document(content).iter() if local(each) == "Schema"]
        self._aliases = {each.get("Alias"): each.get("Namespace", "") for each in self._schemas if each.get("Alias")}
        self._definitions: dict[str, str] = {}

    def all(self, *names: str) -> Iterator[tuple[str, Element]]:
        """Every such element directly in a schema, with its full name."""
        for schema in self._schemas:
            for each in schema:
                if local(each) in names:
                    yield f"{schema.get('Namespace')}.{each.get('Name')}", each

    def containers(self) -> Iterator[Element]:
        return (each for _, each in self.all("EntityContainer"))

    def full_name(self, name: str) -> str:
        """Without the alias of a namespace."""
        namespace, _, short = name.rpartition(".")
        return f"{self._aliases.get(namespace, namespace)}.{short}"

    def value_type(self, text: str) -> ValueType:
        inner = text.removeprefix("Collection(").removesuffix(")")
        return ValueType(self.type_named(inner), collection=inner != text)

    def type_named(self, name: str) -> Type:
        if name.startswith("Edm."):
            return self._primitives.get(name, UNTYPED)
        full_name = self.full_name(name)
        if full_name in self._definitions:
            return self.type_named(self._definitions[full_name])
        if full_name not in self.model.types:
            raise NotUnderstood(f"$metadata speaks of the type {full_name}, which it does not declare")
        return self.model.types[full_name]

    def structured(self, name: str) -> StructuredType:
        found = self.type_named(name)
        if not isinstance(found, StructuredType):
            raise NotUnderstood(f"$metadata takes {name} for an entity type or a complex type")
        return found

    def declare_types(self) -> None:
        """First every name, because types know each other, then what is in them."""
        for name, each in self.all("TypeDefinition"):
            self._definitions[name] = each.get("UnderlyingType", "Edm.String")
        for name, each in self.all("EnumType"):
            self.model.types[name] = enum_type(name, each)
        for name, each in self.all("EntityType", "ComplexType"):
            has_stream, is_open = (attribute(each, key) == "true" for key in ("HasStream", "OpenType"))
            self.model.types[name] = StructuredType(name, local(each) == "EntityType", is_open, has_stream)
        for name, each in self.all("EntityType", "ComplexType"):
            self._fill(self.structured(name), each)

    def _fill(self, declared: StructuredType, element: Element) -> None:
        base = element.get("BaseType")
        declared.base = self.structured(base) if base else None
        declared.own_key = tuple(
            ref.get("Name", "") for key in children(element, "Key") for ref in children(key, "PropertyRef")
        )
        for each in children(element, "Property"):
            name = each.get("Name", "")
            declared.own_properties[name] = Property(name, self.value_type(each.get("Type", "Edm.String")))
            declared.has_state = declared.has_state or each.get("ConcurrencyMode") == "Fixed"

    def declare_sets(self) -> None:
        for container in self.containers():
            for each in children(container, "EntitySet", "Singleton"):
                name, singleton = each.get("Name", ""), local(each) == "Singleton"
                type_name = each.get("EntityType") or each.get("Type") or ""
                self.model.resources[name] = Resource(name, self.structured(type_name), singleton)

    def parameters(self, element: Element) -> dict[str, ValueType]:
        return {
            each.get("Name", ""): self.value_type(each.get("Type", "Edm.String"))
            for each in children(element, "Parameter")
        }


def document(content: bytes) -> Element:
    """The root of a document without a document type, which could make it grow."""
    if b"<!DOCTYPE" in content:
        raise NotUnderstood("$metadata has a document type, which is not read")
    try:
        return ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        raise NotUnderstood(f"$metadata is no XML: {error}") from None


def local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def attribute(element: Element, name: str) -> str | None:
    """In whatever namespace: V2 has ``m:HasStream``, V4 ``HasStream``."""
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), None)


def children(element: Element, *names: str) -> Iterator[Element]:
    return (each for each in element if local(each) in names)


def enum_type(name: str, element: Element) -> EnumType:
    """
    >>> text = '<EnumType Name="S" IsFlags="true"><Member Name="A" Value="1"/><Member Name="B" Value="2"/></EnumType>'
    >>> list(enum_type("N.S", ElementTree.fromstring(text)).members)
    [<S.A: 1>, <S.B: 2>]
    """
    members = {
        each.get("Name", ""): int(each.get("Value") or place) for place, each in enumerate(children(element, "Member"))
    }
    short = name.rpartition(".")[2]
    # (mypy takes a call of an enumeration's class for one of its members)
    made: Any = enum.IntFlag if element.get("IsFlags") == "true" else enum.IntEnum
    return EnumType(name, made(short, members))
