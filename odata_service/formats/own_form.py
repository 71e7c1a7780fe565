"""Bodies whose values have to come in the form in which the service writes them (WCF: EnableTypeConversion, switched off)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from odata_service.edm import primitive as edm
from odata_service.edm.model import ComplexProperty, EntityModel, EntityType, Property
from odata_service.edm.primitive import PRIMITIVES, PrimitiveType
from odata_service.formats.mistakes import invalid
from odata_service.values import frozen

_NOT_FINITE = ("NaN", "INF", "-INF")
_DATE = re.compile(r"\\?/Date\(-?\d+([+-]\d+)?\)\\?/", re.ASCII)
Form = tuple[str, Callable[[Any], bool]]  # (Any: JSON may be anything)

_WHOLE: Form = ("a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool))
_NUMBER: Form = (
    "a number",
    lambda value: (isinstance(value, (int, Decimal)) and not isinstance(value, bool)) or value in _NOT_FINITE,
)
_TEXT: Form = ("a string", lambda value: isinstance(value, str))
_DATE_TEXT: Form = (r"a date as \/Date(0)\/", lambda value: isinstance(value, str) and bool(_DATE.fullmatch(value)))
_EITHER: Form = ("a number", lambda value: _NUMBER[1](value) or _TEXT[1](value))  # a text with IEEE754Compatible

_INTEGERS: Mapping[PrimitiveType, Form] = {kind: _WHOLE for kind in PRIMITIVES if kind.is_integer}
_FLOATS: Mapping[PrimitiveType, Form] = {edm.SINGLE: _NUMBER, edm.DOUBLE: _NUMBER}
FORMS_V2: Mapping[PrimitiveType, Form] = {
    **_INTEGERS,
    **_FLOATS,
    edm.INT64: _TEXT,
    edm.DECIMAL: _TEXT,
    edm.DATE: _DATE_TEXT,
    edm.DATE_TIME: _DATE_TEXT,
    edm.DATE_TIME_OFFSET: _DATE_TEXT,
}
FORMS_V4: Mapping[PrimitiveType, Form] = {**_INTEGERS, **_FLOATS, edm.INT64: _EITHER, edm.DECIMAL: _EITHER}


@frozen
class OwnForm:
    """Looks through a body in JSON before its schema does, which reads values generously."""

    forms: Mapping[PrimitiveType, Form]
    model: EntityModel

    def demand(self, document: object, entity_type: EntityType) -> None:
        """400 for a value in another form; whatever else may be wrong the schema says."""
        self._entity(document, entity_type, "")

    def demand_members(self, document: object, structure: ComplexProperty, path: str = "") -> None:
        if isinstance(document, dict):
            for member in structure.members:
                self.demand_value(document.get(member.name), member, f"{path}{member.name}")

    def demand_value(self, value: object, declared: Property, path: str) -> None:
        expected, is_own = self.forms.get(declared.type, _ANY)
        if value is not None and declared.enum is None and not is_own(value):
            raise invalid(path, f"expected {expected}; other forms are not converted")

    def _entity(self, document: object, entity_type: EntityType, path: str) -> None:
        types = list(entity_type.with_derived())
        for name, value in document.items() if isinstance(document, dict) else ():
            for kind in types:
                if name in kind.properties:
                    self.demand_value(value, kind.properties[name], f"{path}{name}")
                elif name in kind.complex:
                    self.demand_members(value, kind.complex[name], f"{path}{name}/")
                elif name in kind.navigation:
                    for each in _entities(value):
                        self._entity(each, self.model.types[kind.navigation[name].target], f"{path}{name}/")


_ANY: Form = ("", lambda _value: True)


def _entities(value: object) -> Iterable[object]:
    if isinstance(value, dict) and isinstance(value.get("results"), list):
        value = value["results"]
    return value if isinstance(value, list) else [value]
