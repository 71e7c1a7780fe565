"""Properties as the elements of Atom and XML (MS-ODATA, AtomPub: Entity Type): ``<d:Age m:type="Edm.Int32">5</d:Age>``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from odata_service.edm import primitive as edm
from odata_service.edm.feed import FeedMapping
from odata_service.edm.model import ComplexProperty, Property
from odata_service.edm.primitive import PrimitiveType
from odata_service.formats.columns_xml_v2 import column_of
from odata_service.formats.pieces import Page, Piece, texts_of
from odata_service.formats.value_v2 import write_text
from odata_service.formats.xml_text import DATA, METADATA, escaped
from odata_service.plan.row import RowShape
from odata_service.values import frozen

NAMESPACES = f'xmlns:d="{DATA}" xmlns:m="{METADATA}"'
_BETWEEN = "\0"  # in no XML
_WHITE_ENDS = re.compile(r"(?:\A|\0)\s|\s(?:\0|\Z)")


@frozen
class Element:
    """The tags around a value. A text whose ends are blank says that its blanks are part of it, because .NET's readers
    leave out an element's content where there is nothing else."""

    name: str
    type: str = ""  # as m:type says it; strings have none

    @classmethod
    def of(cls, declared: Property) -> Element:
        return cls.of_type(declared.name, declared.type)

    @classmethod
    def of_type(cls, name: str, kind: PrimitiveType) -> Element:
        return cls(name, "" if kind is edm.STRING else kind.v2)

    @property
    def start(self) -> str:
        return f"<d:{self.name}{self._typed}>"

    @property
    def preserving(self) -> str:
        return f'<d:{self.name}{self._typed} xml:space="preserve">'

    @property
    def end(self) -> str:
        return f"</d:{self.name}>"

    @property
    def null(self) -> str:
        return f'<d:{self.name}{self._typed} m:null="true" />'

    @property
    def _typed(self) -> str:
        return f' m:type="{self.type}"' if self.type else ""

    def around(self, text: str) -> str:
        """
        >>> Element("Name").around("Ada"), Element("Name").around(" Ada")
        ('<d:Name>Ada</d:Name>', '<d:Name xml:space="preserve"> Ada</d:Name>')
        """
        return f"{self.preserving if _WHITE_ENDS.search(text) else self.start}{text}{self.end}"


def written_value(name: str, value: object, kind: PrimitiveType) -> str:
    """One value as an element of its own.

    >>> written_value("Age", 5, edm.INT32), written_value("Age", None, edm.INT32)
    ('<d:Age m:type="Edm.Int32">5</d:Age>', '<d:Age m:type="Edm.Int32" m:null="true" />')
    """
    element = Element.of_type(name, kind)
    return element.null if value is None else element.around(escaped(write_text(value, kind)))


def written_structure(structure: ComplexProperty, members: Mapping[str, object]) -> str:
    element = Element(structure.name, structure.type.full_name)
    shown = [member for member in structure.members if member.type.v2]
    inner = [written_value(member.name, members.get(member.name), member.type) for member in shown]
    return f"{element.start}{''.join(inner)}{element.end}"


def property_texts(shape: RowShape, declared: Property) -> Callable[[Page], Sequence[str]]:
    """A property's values as text."""
    position = shape.position(declared)
    return texts_of(column_of(declared.type, shape.decoders[position]), position)


def property_elements(shape: RowShape, declared: Property, mapping: FeedMapping | None = None) -> Piece:
    """A property's values as elements, one for each row. What stands elsewhere in the entry need not be kept here, but
    for nulls, which cannot stand there, and empty texts, which an element there does not tell from nothing."""
    element, position = Element.of(declared), shape.position(declared)
    if mapping is not None and not mapping.keep_in_content:
        return partial(_untold, element, position)
    return partial(_elements, element, position, property_texts(shape, declared))


def _untold(element: Element, position: int, page: Page) -> list[str]:
    empty = element.around("")
    return [element.null if value is None else empty if value == "" else "" for value in page.columns[position]]


def _elements(element: Element, position: int, texts_on: Callable[[Page], Sequence[str]], page: Page) -> Sequence[str]:
    values, texts = page.columns[position], texts_on(page)
    start, end, null = element.start, element.end, element.null
    if not element.type and _WHITE_ENDS.search(_BETWEEN.join(texts)):
        filled = [element.around(text) for text in texts]
    else:
        filled = [f"{start}{text}{end}" for text in texts]
    if None not in values:
        return filled
    return [null if value is None else text for value, text in zip(values, filled, strict=True)]


def structure_elements(shape: RowShape, structure: ComplexProperty, feed: Mapping[str, FeedMapping]) -> list[Piece]:
    """A structure's members inside of one element: CSDL 2.0 knows no structure that is null, only members that are."""
    element, known = Element(structure.name, structure.type.full_name), structure.members
    places = {member.name: feed.get(f"{structure.name}/{member.name}") for member in known}
    members = [property_elements(shape, member, places[member.name]) for member in known if member.type.v2]
    return [element.start, *members, element.end]
