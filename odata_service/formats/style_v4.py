"""How much V4's JSON says beside the values, and how it spells that."""

from __future__ import annotations

from typing import Literal, NamedTuple

from odata_service.edm import primitive as edm
from odata_service.edm.model import Property
from odata_service.edm.primitive import PrimitiveType
from odata_service.formats.json_text import quoted
from odata_service.formats.version_v4 import V4_0, Version

MetadataLevel = Literal["minimal", "full", "none"]
# Their JSON says the type itself (OData JSON Format, Control Information: type).
_OBVIOUS = (edm.BOOLEAN, edm.STRING, edm.DOUBLE)


class Style(NamedTuple):
    """``application/json;odata.metadata=minimal;IEEE754Compatible=true`` in a version: decides every name and number of
    a document."""

    metadata: MetadataLevel = "minimal"
    version: Version = V4_0
    ieee754: bool = False
    streaming: bool = False
    omit_nulls: bool = False  # ``Prefer: omit-values=nulls``

    @property
    def prefix(self) -> str:
        """Version 4.0 writes ``@odata.count`` where 4.01 writes ``@count``; parameters of formats have it too."""
        return "odata." if self.version == V4_0 else ""

    @property
    def content_type(self) -> str:
        """
        >>> Style(ieee754=True, streaming=True).content_type
        'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=true;charset=utf-8'
        """
        streaming = f";{self.prefix}streaming=true" if self.streaming else ""
        ieee754 = ";IEEE754Compatible=true" if self.ieee754 else ""
        return f"application/json;{self.prefix}metadata={self.metadata}{streaming}{ieee754};charset=utf-8"

    def control(self, name: str, of: str = "") -> str:
        """The name of control information, ready for its value.

        >>> Style().control("count"), Style().control("nextLink", of="Orders")
        ('"@odata.count":', '"Orders@odata.nextLink":')
        """
        return f"{quoted(f'{of}@{self.prefix}{name}')}:"

    def number(self, count: int) -> str:
        """A count; it is an Int64."""
        return f'"{count}"' if self.ieee754 else str(count)

    def type_name(self, kind: PrimitiveType) -> str:
        """``#Int32``, which version 4.01 writes without ``#`` for the types that are built in."""
        name = kind.name.removeprefix("Edm.")
        return f"#{name}" if self.version == V4_0 else name

    def collection_type(self, item_type: str) -> str:
        """
        >>> Style().collection_type("Edm.String"), Style().collection_type("Shop.Address")
        ('#Collection(String)', '#Collection(Shop.Address)')
        """
        built_in = item_type.startswith("Edm.")
        hash_sign = "" if built_in and self.version != V4_0 else "#"
        return f"{hash_sign}Collection({item_type.removeprefix('Edm.')})"

    def type_of(self, declared: Property) -> str | None:
        """The type to be said beside a property's value, or ``None`` where the JSON itself says it."""
        if declared.enum is not None:
            return f"#{declared.enum.full_name}"
        return None if declared.type in _OBVIOUS else self.type_name(declared.type)

    def type_of_value(self, kind: PrimitiveType) -> str | None:
        """The same for a value that has no declared property."""
        return None if kind in _OBVIOUS else self.type_name(kind)
