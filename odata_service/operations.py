"""Functions and actions, declared as Python functions whose annotations say everything. ::

    operations = OperationSet()

    @operations.function(bound=Product)
    def GetTotalPrice(context: OperationContext, product: Product, taxRate: float) -> float:
        return product.Price * (1 + taxRate)

    service.add(operations)

``bound=Product, collection=True`` binds to a collection, which the Python function gets as ``Select[Product]``. Several
functions of one name (``name="Convert"``) are overloads. A function that returns a ``Select`` can be asked on:
``Products/GetTopProducts(count=5)?$filter=…``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Literal, TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from odata_service.annotations import hints_of, is_select, name_in_v2, parameter_type, value_type
from odata_service.bind.query import RowRule
from odata_service.context import Context
from odata_service.edm.model import EntityModel
from odata_service.edm.operation import Kind, Operation, Parameter, ValueType
from odata_service.message import Principal
from odata_service.values import frozen, mutable

Function = Callable[..., Any]
Declared = TypeVar("Declared", bound=Function)
Entity = TypeVar("Entity")


@mutable
class OperationContext(Context):
    """What an operation runs in: of an action, ``session`` is that of its transaction; what a function changes there is
    undone."""

    session: Session
    rules: Callable[[type], tuple[RowRule, ...]]

    @property
    def principal(self) -> Principal:
        return self.request.principal

    def visible(self, model: type[Entity]) -> Select[Entity]:
        """The entities of a class that this caller may see: ``context.visible(Product).where(Product.Price < 5)``."""
        return select(model).where(*(rule(model) for rule in self.rules(model)))


@frozen
class Declaration:
    """What a decorator was told."""

    kind: Kind
    run: Function
    name: str
    bound: type | None
    collection: bool
    imported: bool


class Declares:
    """The decorators; what they are told comes to :meth:`declared`."""

    def declared(self, declaration: Declaration) -> None:
        raise NotImplementedError

    def function(
        self, *, bound: type | None = None, collection: bool = False, imported: bool = False, name: str = ""
    ) -> Callable[[Declared], Declared]:
        """A function: called with GET, changes nothing. ``imported`` makes it a resource at the root; one that is bound
        to a collection is then called with all entities there are."""
        return self._declare("function", bound, collection, imported, name)

    def action(
        self, *, bound: type | None = None, collection: bool = False, imported: bool = False, name: str = ""
    ) -> Callable[[Declared], Declared]:
        """An action: called with POST, in one transaction with everything that it changes."""
        return self._declare("action", bound, collection, imported, name)

    def operation(self, *, method: Literal["GET", "POST"] = "GET", name: str = "") -> Callable[[Declared], Declared]:
        """A service operation as WCF has it (``[WebGet]``, ``[WebInvoke(Method="POST")]``): V2 calls it with that method,
        its parameters as literals in the query string. In V4 it is an imported function or action. ::

            @service.operation()
            def ProductsByRating(context: OperationContext, rating: int) -> Select[Product]:
                return context.visible(Product).where(Product.Rating == rating)
        """
        return self._declare("function" if method == "GET" else "action", None, False, True, name)

    def _declare(
        self, kind: Kind, bound: type | None, collection: bool, imported: bool, name: str
    ) -> Callable[[Declared], Declared]:
        if collection and bound is None:
            raise TypeError("collection=True needs bound=, the class whose entities are in the collection")

        def declare(run: Declared) -> Declared:
            self.declared(Declaration(kind, run, name or run.__name__, bound, collection, imported))
            return run

        return declare


class OperationSet(Declares):
    """Declarations in a module of their own, which wait for a service to add them to."""

    def __init__(self) -> None:
        self._declarations: list[Declaration] = []

    def __iter__(self) -> Iterator[Declaration]:
        return iter(self._declarations)

    def declared(self, declaration: Declaration) -> None:
        self._declarations.append(declaration)


def operations_of(declaration: Declaration, model: EntityModel) -> Iterator[Operation]:
    """The operations of a declaration: one, or with an import of what is bound to a collection two."""
    hints = hints_of(declaration.run)
    returns = hints.pop("return", type(None))
    parameters = list(inspect.signature(declaration.run).parameters.values())
    own = parameters[1 if declaration.bound is None else 2 :]  # after the context and what it is bound to
    operation = Operation(
        name=declaration.name,
        namespace=model.namespace,
        kind=declaration.kind,
        run=declaration.run,
        parameters=tuple(_parameter(each, hints[each.name], model) for each in own),
        returns=None if returns in (None, type(None)) else value_type(returns, model),
        bound=None if declaration.bound is None else _binding(declaration.bound, declaration.collection, model),
        imported=declaration.imported and declaration.bound is None,
        composable=is_select(returns),
    )
    yield operation
    if declaration.imported and declaration.bound is not None:
        yield _unbound(operation, declaration)


def _unbound(operation: Operation, declaration: Declaration) -> Operation:
    """The same, called at the root with all entities of the class."""
    bound, run = declaration.bound, declaration.run
    if bound is None or not declaration.collection:
        raise TypeError(f"{declaration.name} is bound to one entity, so it cannot be called without")

    def with_all(context: OperationContext, **values: object) -> object:
        return run(context, context.visible(bound), **values)

    return replace(operation, bound=None, imported=True, run=with_all)


def _binding(bound: type, collection: bool, model: EntityModel) -> ValueType:
    return replace(value_type(bound, model), collection=collection)


def _parameter(declared: inspect.Parameter, hint: Any, model: EntityModel) -> Parameter:
    """(Any: an annotation may be a class, a generic alias or a union.)"""
    kind = value_type(hint, model)
    optional = declared.default is not inspect.Parameter.empty
    kinds = (parameter_type(kind, model), kind.collection, kind.nullable)
    return Parameter(declared.name, *kinds, optional, name_in_v2(hint))
