"""Queries: what is asked of a set, step by step, and asked when somebody looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from .changes import Changes
from .entity import Entity, sent_values
from .exchange import Call
from .expression import Aggregate, Expression, Path, member_type
from .failure import NotFound, NotPossible, NotUnderstood
from .model import Resource, StructuredType, ValueType
from .options import NOTHING_ASKED, Expand, Options, Ordered, Wanted, check_path, expanded_with_keys, keyed, path_text
from .spelling import JSON_TYPE, PLAIN_IN_PATHS, New, Page

if TYPE_CHECKING:
    from .client import ODataClient


class Query:
    """Entities of a set, of a way to related ones or of a function. Every method gives another query, which is asked each
    time that it is iterated; pages are fetched as they are needed. Properties are its attributes: ``people.Name``."""

    def __init__(
        self,
        client: ODataClient,
        address: str,
        kind: StructuredType,
        resource: Resource | None,
        options: Options = NOTHING_ASKED,
    ) -> None:
        self._client, self._address, self._kind, self._resource = client, address, kind, resource
        self._options = options
        self._preferences: tuple[str, ...] = ()
        self._segment = ""  # that only leaves entities of a derived type
        self._place: str | None = None  # where entities are at home that are in no set

    # What is asked

    def where(self, *conditions: str | Expression) -> Query:
        """``people.where(people.Name == "Ada")``, or a text of ``$filter``. All conditions have to hold."""
        return self._with(self._options.where(*conditions))

    def order_by(self, *items: Ordered) -> Query:
        """``people.order_by(people.Name.desc(), "LastUpdated")``"""
        return self._with(self._options.ordering(items))

    def select(self, *names: Wanted) -> Query:
        """Only these properties; the key comes along, so that an entity stays one that can be changed."""
        options = self._options.selecting(names)
        for path in options.select if options.compute is None else ():
            check_path(self._kind, path)
        return self._with(replace(options, select=keyed(options.select, self._kind)))

    def expand(self, *items: Wanted | Expand) -> Query:
        """Related entities, too: ``people.expand("Addresses/AddressType")``; with options, in V4,
        ``people.expand(Expand("Addresses").where("AddressTypeId eq 1").top(3))``."""
        options = self._options.expanding(items)
        for expand in options.expand:
            check_path(self._kind, expand.name)
        return self._with(
            replace(options, expand=tuple(expanded_with_keys(each, self._kind) for each in options.expand))
        )

    def top(self, count: int) -> Query:
        return self._with(replace(self._options, top=count))

    def skip(self, count: int) -> Query:
        return self._with(replace(self._options, skip=count))

    def search(self, words: str) -> Query:
        return self._with(replace(self._options, search=words))

    def compute(self, text: str) -> Query:
        """``products.compute("Price mul 1.19 as Gross")``"""
        return self._with(replace(self._options, compute=text))

    def apply(self, text: str) -> Query:
        """Aggregations: ``products.apply("groupby((Category/Name),aggregate($count as Products))")`` gives records."""
        return self._with(replace(self._options, apply=text))

    def aggregate(self, *by: Wanted, **values: Aggregate) -> Query:
        """Groups, each with what is computed of it, as records: conditions that were given before choose entities, those
        that are given after choose groups. ::

            products.where(products.Price > 1).aggregate(products.Category.Name, Dearest=products.Price.max())
        """
        writer = self._client._spelling
        steps = [f"filter({writer.conditions(self._options)})"] if self._options.filters else []
        computed = ",".join(f"{each.text(writer)} as {name}" for name, each in values.items())
        inner = f"aggregate({computed})" if computed else ""
        groups = f"groupby(({','.join(map(path_text, by))}){',' if inner else ''}{inner})" if by else inner
        return self._with(Options(apply="/".join([*steps, groups]), custom=self._options.custom))

    def option(self, name: str, text: str) -> Query:
        """Any other option, as the service has it: ``people.option("includeDeleted", "false")``."""
        return self._with(replace(self._options, custom=(*self._options.custom, (name, text))))

    def page_size(self, count: int) -> Query:
        """How many entities the server is asked to send at a time."""
        query = self._with(self._options)
        query._preferences = (*self._preferences, f"odata.maxpagesize={count}")
        return query

    def of_type(self, name: str) -> Query:
        """Only entities of a derived type, whose properties can be asked for then."""
        kind = self._client._structured(name)
        if not kind.is_a(self._kind):
            raise TypeError(f"a {kind.name} is no {self._kind.name}")
        condition, segment = self._client._spelling.derived(kind.full_name)
        query = self._with(self._options if condition is None else self._options.where(condition))
        query._kind, query._segment = kind, segment
        return query

    # Properties

    def member(self, name: str) -> Path:
        """A property whose name is one of a method here: ``people.member("count")``."""
        inherited = self._resource is None or self._resource.type.has(name)
        before = () if inherited else self._client._spelling.before_derived(self._kind.full_name)
        return Path((*before, name), member_type(self._kind, name))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "_kind" not in self.__dict__:
            raise AttributeError(name)
        operation = None
        if name not in self._kind.properties and name not in self._kind.navigation:
            operation = self._client._operation_of(name, ValueType(self._kind, collection=True), self)
        return self.member(name) if operation is None else operation

    def __dir__(self) -> list[str]:
        operations = self._client._model.bound_to(ValueType(self._kind, collection=True))
        names = (each.name for each in operations)
        return [*super().__dir__(), *self._kind.properties, *self._kind.navigation, *names]

    # All at once

    def update_each(self, values: Mapping[str, object] | None = None, /, **named: object) -> None:
        """Change all entities that fit, in one request (4.01): ``products.where(products.Price < 1).update_each(Price=1)``."""
        body = self._client._spelling.body(
            New(self._kind, sent_values(self._client, self._kind, {**(values or {}), **named}))
        )
        self._client._perform(Call(self._client._spelling.update, self._each, body, JSON_TYPE))

    def delete_each(self) -> None:
        """Delete all entities that fit."""
        self._client._perform(Call("DELETE", self._each))

    @property
    def _each(self) -> str:
        if self._client._spelling.each is None:
            raise NotPossible("V2 changes one entity at a time")
        if not self._options.filters:
            raise ValueError("that would be all there are: say so with where('true')")
        return f"{self._bound_address}/{self._client._spelling.each}"

    # What comes back

    def __iter__(self) -> Iterator[Any]:
        for page in self._pages():
            yield from self._read(page)

    def pages(self) -> Iterator[list[Any]]:
        """As the server cuts them."""
        return (list(self._read(page)) for page in self._pages())

    def all(self) -> list[Any]:
        return list(self)

    def first(self) -> Any | None:
        """The first one in the order, if there is one."""
        return next(iter(self.top(1)), None)

    def one(self) -> Any:
        """The only one there is; ``LookupError`` where there is none, or a second one."""
        found = list(self.top(2))
        if len(found) != 1:
            raise LookupError(f"{'no' if not found else 'more than one'} {self._kind.name} fits: {self.url}")
        return found[0]

    def count(self) -> int:
        """How many there are, without reading them."""
        options = replace(self._options, order=(), select=(), expand=(), top=None, skip=None, count=False)
        response = self._client._exchange.ask(
            Call("GET", self._url(options, f"{self._address}{self._segment}/$count"), headers={"Accept": "text/plain"})
        )
        try:
            return int(response.content.decode("utf-8-sig"))
        except ValueError:
            raise NotUnderstood(f"expected a number, not {response.content[:60]!r}") from None

    def changes(self, delta_link: str | None = None) -> Changes:
        """What has changed since a link was made, or all, with a link for the next time: ``changes.delta_link``. An entity
        whose expanded ones have changed comes with all of these; of services of 4.0 alone come the parts, and links."""
        return Changes(self, delta_link)

    def __getitem__(self, key: Any) -> Entity:
        """The entity with a key; :class:`NotFound` where there is none."""
        return self._entity(self._address + self._key(key))

    def get(self, key: Any, default: Any = None) -> Any:
        """The same, with an answer of one's own where there is none."""
        try:
            return self[key]
        except NotFound:
            return default

    def at(self, key: Any) -> Entity:
        """The entity with a key, without asking for it: to follow its links, to change it, to relate others to it."""
        entity = Entity(self._client, self._kind, self._resource)
        entity._address, entity._is_new = self._address + self._key(key), False
        return entity

    @property
    def _bound_address(self) -> str:
        """As something that operations are bound to: a collection, or what a condition leaves of it."""
        if self._options != Options(filters=self._options.filters):
            raise TypeError("only a set, or what where() leaves of it, can be meant here")
        filters = self._client._spelling.conditions(self._options)
        return f"{self._address}{self._segment}" + (
            f"/$filter({quote(filters, safe=PLAIN_IN_PATHS)})" if filters else ""
        )

    @property
    def url(self) -> str:
        """What is asked, relative to the service."""
        return self._url(self._options)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.url}>"

    def _key(self, key: Any) -> str:
        return self._client._spelling.key_text(key, self._kind.key)

    def _with(self, options: Options) -> Query:
        query = Query(self._client, self._address, self._kind, self._resource, options)
        query._preferences, query._place, query._segment = self._preferences, self._place, self._segment
        return query

    def _url(self, options: Options, address: str | None = None) -> str:
        text = self._client._spelling.query_string(options)
        return (address or f"{self._address}{self._segment}") + (f"?{text}" if text else "")

    def _pages(self) -> Iterator[Page]:
        headers = {"Prefer": ",".join(self._preferences)} if self._preferences else {}
        call: Call | None = self._first(headers)
        while call is not None:
            page = self._client._spelling.page(self._client._document(call))
            yield page
            call = None if page.next is None else Call("GET", page.next, headers=headers)

    def _first(self, headers: Mapping[str, str]) -> Call:
        """A query that is too long for an address goes in a body (4.01, Passing Query Options in the Request Body)."""
        url, longest = self.url, self._client._spelling.longest_url
        if longest is None or len(url) <= longest:
            return Call("GET", url, headers=headers)
        address, _, text = url.partition("?")
        return Call(
            "POST", f"{address}/$query", text.encode(), {"Content-Type": "text/plain", **headers}, only_reads=True
        )

    def _read(self, page: Page) -> Iterator[Any]:
        reader = self._client._reader
        if self._options.apply is not None:
            return (reader.aggregate(row, self._kind) for row in page.rows)
        return reader.entities(page.rows, self._kind, self._resource, self._place)

    def _entity(self, address: str) -> Entity:
        shaping = replace(
            Options(), select=self._options.select, expand=self._options.expand, custom=self._options.custom
        )
        row = self._client._spelling.entity(self._client._document(Call("GET", self._url(shaping, address))))
        return self._client._reader.entity(row, self._kind, self._resource, self._place)
