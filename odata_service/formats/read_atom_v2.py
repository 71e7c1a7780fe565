"""Bodies of V2's requests in Atom and XML (MS-ODATA, AtomPub Format): each is turned into what the same would be in verbose
JSON, so that one schema validates both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import unquote

from odata_service.edm import primitive as edm
from odata_service.edm.feed import FeedMapping
from odata_service.edm.model import ComplexProperty, EntityModel, EntityType, NavigationProperty, Property
from odata_service.errors import BadRequest
from odata_service.formats.mistakes import invalid
from odata_service.formats.read_json_v2 import JsonBodyV2
from odata_service.formats.read_xml import Node, read_xml
from odata_service.formats.value_v2 import value_of_text
from odata_service.formats.xml_text import ATOM, DATA, METADATA, RELATED, SCHEME, XML, name
from odata_service.links import absolute

_ENTRY, _FEED, _LINK, _CATEGORY, _CONTENT, _ID = (
    name(ATOM, each) for each in ("entry", "feed", "link", "category", "content", "id")
)
_PROPERTIES, _INLINE, _NULL, _TYPE = (name(METADATA, each) for each in ("properties", "inline", "null", "type"))
_BASE = name(XML, "base")
# WCF's client writes it in the one namespace, the specification in the other.
_URIS = (name(DATA, "uri"), name(METADATA, "uri"))

Document = dict[str, Any]  # Any: JSON may be anything


class AtomBodyV2(JsonBodyV2):
    """A request's body in Atom or XML, read once it is known what it should be."""

    __slots__ = ()

    def entity_document(self, entity_type: EntityType) -> Document:
        root = self._root()
        if root.name != _ENTRY:
            raise _unexpected(root, "an Atom entry")
        return _Entries(self.model, self.converts).document(root, entity_type, "")

    def property_document(self, declared: Property) -> Document:
        root = self._root()
        return {root.local: _value(root, declared, self.converts)}

    def structure_document(self, structure: ComplexProperty) -> Document:
        root = self._root()
        return {root.local: _structure(root, structure, self.converts)}

    def link_document(self) -> Document:
        root = self._root()
        if root.name not in _URIS:
            raise _unexpected(root, "the address of an entity, <uri>…</uri>")
        return {"uri": root.text.strip()}

    def _root(self) -> Node:
        return read_xml(self.content, self.content_type, self.limits)


class _Entries:
    """Turns entries into objects; names that the types have not are left to the schema, which explains them."""

    def __init__(self, model: EntityModel, converts: bool) -> None:
        self._model = model
        self._converts = converts

    def document(self, entry: Node, entity_type: EntityType, base: str) -> Document:
        base = _base(entry, base)
        document: Document = {}
        type_name = _type_name(entry)
        if type_name is not None:
            document["__metadata"] = {"type": type_name}
        said = self._model.type_named(type_name or "")
        types = list(entity_type.with_derived()) if said is None else [said]
        for node in _property_nodes(entry):
            _put(document, node, _member(node, types, self._converts))
        for kind in types:
            _add_mapped(document, entry, kind)
        for link in entry.all(_LINK):
            self._follow(document, link, types, base)
        return document

    def _follow(self, document: Document, link: Node, types: Sequence[EntityType], base: str) -> None:
        """A link to related entities: with ``m:inline`` they are in it, else its address is that of one that exists."""
        relation = link.attributes.get("rel", "")
        if not relation.startswith(RELATED):
            return
        way = relation.removeprefix(RELATED)
        navigation = next((kind.navigation[way] for kind in types if way in kind.navigation), None)
        inline = link.first(_INLINE)
        if navigation is None:
            document.setdefault(way, None)
        elif inline is not None:
            self._put_related(document, navigation, self._inline(inline, navigation, _base(link, base)), link)
        elif not _is_own_address(link, navigation):
            reference = {"__metadata": {"uri": _address(link, base)}}
            self._put_related(document, navigation, reference, link)

    def _put_related(self, document: Document, navigation: NavigationProperty, value: object, link: Node) -> None:
        """Each entity that a collection is bound to has a link of its own."""
        if navigation.collection:
            document.setdefault(navigation.name, []).extend(value if isinstance(value, list) else [value])
        else:
            _put(document, link, value, navigation.name)

    def _inline(self, inline: Node, navigation: NavigationProperty, base: str) -> object:
        target = self._model.types[navigation.target]
        feed, entry = inline.first(_FEED), inline.first(_ENTRY)
        if feed is not None:
            return [self._inside(each, target, _base(feed, base)) for each in feed.all(_ENTRY)]
        if entry is not None:
            return self._inside(entry, target, base)
        return [] if navigation.collection else None

    def _inside(self, entry: Node, entity_type: EntityType, base: str) -> Document:
        """An entry that says of itself only which it is, as datajs writes it, is one that exists."""
        document = self.document(entry, entity_type, base)
        uri = "".join(each.text.strip() for each in entry.all(_ID))
        return {"__metadata": {"uri": uri}} if uri and not document.keys() - {"__metadata"} else document


def _put(document: Document, node: Node, value: object, key: str = "") -> None:
    """What is there twice could mean either."""
    key = key or node.local
    if key in document:
        message = f"the entry has {key[:80]!r} twice, again at line {node.line}"
        raise BadRequest("DuplicateName", message, target=key[:80])
    document[key] = value


def _property_nodes(entry: Node) -> Iterator[Node]:
    """Those of a media link entry stand beside its content, others in it."""
    for holder in (*entry.all(_CONTENT), entry):
        for properties in holder.all(_PROPERTIES):
            yield from properties.children


def _type_name(entry: Node) -> str | None:
    terms = (each.attributes.get("term") for each in entry.all(_CATEGORY) if each.attributes.get("scheme") == SCHEME)
    return next(terms, None)


def _member(node: Node, types: Sequence[EntityType], converts: bool) -> object:
    """The value of a property, or of a structure; the entity's own type may only be known to the database."""
    name = node.local
    structure = next((kind.complex[name] for kind in types if name in kind.complex), None)
    if structure is not None:
        return _structure(node, structure, converts)
    return _value(node, next((kind.properties[name] for kind in types if name in kind.properties), None), converts)


def _add_mapped(document: Document, entry: Node, entity_type: EntityType) -> None:
    """What the model's customizable feeds have elsewhere in the entry; what stands in the content, too, counts there."""
    for source, mapping in entity_type.feed.items():
        text = _text_at(entry, mapping)
        name, _, member = source.partition("/")
        structure = entity_type.complex.get(name)
        declared = entity_type.properties.get(name) if structure is None else structure.member(member)
        holder = document if structure is None else document.get(name) or {}
        key = member or name
        if text and declared is not None and isinstance(holder, dict) and key not in holder:
            holder[key] = _of_text(text, declared)
            if structure is not None:
                document[name] = holder


def _text_at(entry: Node, mapping: FeedMapping) -> str:
    """The text of an element or attribute. An empty one says nothing: all clients write a title and an author's name."""
    namespace, node = ATOM if mapping.syndication else mapping.namespace, entry
    for step in mapping.path:
        found = node.first(name(namespace, step))
        if found is None:
            return ""
        node = found
    return node.text if mapping.attribute is None else node.attributes.get(name(namespace, mapping.attribute), "")


def _structure(node: Node, structure: ComplexProperty, converts: bool) -> object:
    if _is_null(node):
        return None
    document: Document = {}
    for child in node.children:
        _put(document, child, _value(child, structure.member(child.local), converts))
    return document


def _value(node: Node, declared: Property | None, converts: bool) -> object:
    """A value as JSON would have it. What is said of its type counts only where nothing is converted."""
    said = node.attributes.get(_TYPE, edm.STRING.v2).strip()
    if not converts and declared is not None and said != declared.type.v2 and not (_is_null(node) and said == edm.STRING.v2):
        raise invalid(declared.name, f"expected {declared.type.v2}, not {said:.80}; other types are not converted")
    if _is_null(node):
        return None
    if node.children:
        raise BadRequest(
            "InvalidBody", f"{node.local[:80]} has elements in it, at line {node.line}", target=node.local[:80]
        )
    return node.text if declared is None else _of_text(node.text, declared)


def _of_text(text: str, declared: Property) -> object:
    """Of what is no string, blanks around it are no part (XML Schema, whiteSpace)."""
    if declared.type is edm.STRING:
        return text
    parts = text.split()
    return value_of_text(("" if declared.type is edm.BINARY else " ").join(parts), declared)


def _is_null(node: Node) -> bool:
    return node.attributes.get(_NULL, "").strip() in ("true", "1")


def _base(node: Node, outer: str) -> str:
    return absolute(outer, node.attributes.get(_BASE, ""))


def _address(link: Node, base: str) -> str:
    href = link.attributes.get("href", "")
    if not href:
        raise BadRequest("InvalidBody", f"the link at line {link.line} has no href")
    return href if href.startswith("$") else absolute(_base(link, base), href)


def _is_own_address(link: Node, navigation: NavigationProperty) -> bool:
    """``People(1)/Addresses``: where a client that has read the entry would go on, and no entity to bind."""
    path = link.attributes.get("href", "").partition("?")[0].rstrip("/")
    return unquote(path.rpartition("/")[2]) in (navigation.name, f"{navigation.name}()") and "/" in path


def _unexpected(root: Node, expected: str) -> BadRequest:
    return BadRequest("InvalidBody", f"expected {expected}, not {root.local[:80]} at line {root.line}")
