"""What a client that keeps a copy means by a read in the order of stamps: everything that has changed.

Such a client goes on after the greatest stamp it has seen. So a page must not end between two rows of one stamp, and a row
that was changed so that it no longer matches the client's condition has to be told of once more, or the client would keep
it for ever.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from odata_service.bind.query import Order, Query, RowRule
from odata_service.bind.typed import Comparison, Constant, Logical, PropertyRef, Typed, Visible
from odata_service.edm.model import Property

STAYS = "$stays"  # the column that says whether a changed row is still one of those asked for


def in_order_of(query: Query, stamp: Property) -> bool:
    """Whether the rows come in the order of their stamps."""
    return bool(query.order) and query.order[0] == Order(PropertyRef((), stamp))


Leavers = Literal["none", "filter", "view", "all"]


def with_leavers(query: Query, stamp: Property, leavers: Leavers) -> Query:
    """The same for all rows that were stamped since, with a column that says whether they are still asked for: those that
    left the client's ``filter``; of the ``view``, also those that the caller has seen once and does not see any more, see
    :func:`of_once_seen`; or ``all``, whoever may see them. A query that asks for everything, and not for what has changed
    since some stamp, stays as it is."""
    terms = _terms(query.filter)
    since = [term for term in terms if _is_since(term, stamp)]
    if not since or query.top is not None or query.skip is not None:
        return query
    asked: list[Typed] = [term for term in terms if term not in since]
    if leavers == "view":
        query = replace(query, once_seen=True)
    elif leavers == "all":
        query, asked = replace(query, own_rules=()), [*asked, Visible()]
    if not asked:
        return query
    return replace(query, filter=_all(since), computed=(*query.computed, (STAYS, _all(asked))))


def of_once_seen(query: Query, rules: tuple[RowRule, ...]) -> Query:
    """The same with rows that the caller has seen once, for which there are rules of their own."""
    computed = dict(query.computed)
    stays = _all([*_terms(computed.get(STAYS)), Visible()])
    return replace(query, own_rules=rules, computed=tuple((computed | {STAYS: stays}).items()))


def _terms(condition: Typed | None) -> tuple[Typed, ...]:
    if condition is None:
        return ()
    return condition.terms if isinstance(condition, Logical) and condition.operator == "and" else (condition,)


def _all(terms: list[Typed]) -> Typed:
    return terms[0] if len(terms) == 1 else Logical("and", tuple(terms))


def _is_since(term: Typed, stamp: Property) -> bool:
    """``updatedAt gt …``"""
    return (
        isinstance(term, Comparison)
        and term.operator == "gt"
        and term.left == PropertyRef((), stamp)
        and isinstance(term.right, Constant)
        and term.right.value is not None
    )
