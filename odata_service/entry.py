"""An entity that is about to be written, as the application's own code may see and change it (WCF: DataServiceODataWriter)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from types import SimpleNamespace

from odata_service.context import Context
from odata_service.edm.dynamic import DynamicType
from odata_service.edm.model import CollectionProperty, ComplexProperty, EntityType, Property
from odata_service.edm.names import is_name

Declared = Property | ComplexProperty | CollectionProperty


class Entry(MutableMapping[str, object]):
    """What will be written of one entity: its values in Python by the names of its properties, structures as dicts. ::

        if "Iban" in entry:
            entry["Iban"] = f"…{entry['Iban'][-4:]}"
        entry.omit("Margin", "Customer")
        entry["Label"] = "overdue"
        entry.annotate("Shop.Checked", True, of="Iban")
        entry.link("Invoice", "https://invoices.example/5")

    Nothing of it is stored. What nobody asked for (``$select``) or may see is not there, and setting it does nothing.
    """

    def __init__(
        self, entity_set: str, entity_type: EntityType, address: str, values: Mapping[str, object],
        dynamic: Mapping[str, DynamicType],
    ) -> None:  # fmt: skip
        self.entity_set = entity_set
        self.type = entity_type.full_name
        self.address = address
        self.omitted: set[str] = set()
        self.given: dict[str, object] = {name: values[name] for name in dynamic}
        self.annotations: dict[str, dict[str, object]] = {}  # by the property, "" for the entity itself
        self.links: dict[str, str] = {}
        self._type = entity_type
        self._values = dict(values)
        self._dynamic = dynamic

    def __getitem__(self, name: str) -> object:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __setitem__(self, name: str, value: object) -> None:
        """Another value for a property, or one more; ``TypeError`` for what no property can hold."""
        if not is_name(name):
            raise ValueError(f"{name!r} is no name that a property can have")
        if name in (part.name for part in self._type.key):
            raise ValueError(f"{name} is the key, which the address says, too")
        whole = self._type.complete
        if name in (*whole.navigation, *whole.streams):
            raise ValueError(f"{name} is no property with a value")
        if name not in self._values and name in whole.member_names:
            return
        if self.declared(name) is None and value is not None:
            DynamicType.of(value)
        self.omitted.add(name)
        self.given[name] = self._values[name] = value

    def __delitem__(self, name: str) -> None:
        self._values[name]
        self.omit(name)

    def omit(self, *names: str) -> None:
        """Leave out properties, links and expanded entities; whatever is not there need not be left out."""
        for name in names:
            if name in (part.name for part in self._type.key):
                raise ValueError(f"{name} is the key, without which nobody knows the entity")
            self.omitted.add(name)
            self._values.pop(name, None)
            self.given.pop(name, None)

    def annotate(self, term: str, value: object, *, of: str = "") -> None:
        """An annotation of the entity or one of its properties, ``@Shop.Checked``; V2 knows none."""
        if "." not in term or not all(is_name(part) for part in term.partition("#")[0].split(".")):
            raise ValueError(f"{term!r} is no term with its namespace")
        if of and of not in self._values and of not in self._type.navigation:
            return
        self.annotations.setdefault(of, {})[term] = value
        if of in self._values:  # it has to stand just before the property
            self.omitted.add(of)
            self.given.setdefault(of, self._values[of])

    def link(self, name: str, url: str) -> None:
        """Where a navigation property leads, in place of the service's own address; or one more link."""
        if not is_name(name):
            raise ValueError(f"{name!r} is no name that a link can have")
        self.links[name] = url

    def declared(self, name: str) -> Declared | None:
        known = self._type.properties.get(name) or self._type.complex.get(name)
        return known or self._type.collections.get(name)

    def kind(self, name: str) -> DynamicType:
        """The type of a value that nobody declares."""
        return self._dynamic.get(name) or DynamicType.of(self.given[name] or "")

    def structure(self, declared: ComplexProperty) -> SimpleNamespace:
        """A structure's members as attributes, those that were not said being null."""
        value = self.given[declared.name]
        said = value if isinstance(value, Mapping) else declared.members_of(value)
        return SimpleNamespace(**{member.name: said.get(member.name) for member in declared.members})


EntryHook = Callable[[Context, Entry], object]
BoundHook = Callable[[Entry], object]
