"""The operators of ``$search``, found among its words: NOT binds strongest, then AND, which may be left out, then OR."""

from __future__ import annotations

from collections.abc import Sequence

from odata_service.parse.syntax import SearchExpression

Operand = SearchExpression | tuple[str, int]  # a phrase or group, or a word and where it starts


def search_expression(items: Sequence[Operand]) -> SearchExpression:
    """The tree of one level. A word that could be an operator is one only with an expression on the sides it needs.

    >>> tree = search_expression([("sea", 0), ("OR", 4), ("NOT", 7), ("land", 11)])
    >>> tree.operator, [term.operator for term in tree.terms]
    ('OR', ['', 'NOT'])
    >>> [term.phrase for term in search_expression([("OR", 0), ("AND", 3)]).terms]
    ['OR', 'AND']
    """
    chains: list[list[SearchExpression]] = [[]]
    negated: int | None = None
    for index, item in enumerate(items):
        last = index == len(items) - 1
        if _is(item, "NOT") and not last and negated is None:
            negated = item[1] if isinstance(item, tuple) else item.at
            continue
        if not last and chains[-1] and negated is None and not _is_operator(items[index - 1]):
            if _is(item, "OR"):
                chains.append([])
                continue
            if _is(item, "AND"):
                continue
        term = _word(item)
        chains[-1].append(term if negated is None else SearchExpression("NOT", (term,), "", negated))
        negated = None
    return _joined("OR", [_joined("AND", chain) for chain in chains])


def _is(item: Operand, operator: str) -> bool:
    return isinstance(item, tuple) and item[0] == operator


def _is_operator(item: Operand) -> bool:
    return isinstance(item, tuple) and item[0] in ("AND", "OR")


def _word(item: Operand) -> SearchExpression:
    return SearchExpression("", (), *item) if isinstance(item, tuple) else item


def _joined(operator: str, terms: list[SearchExpression]) -> SearchExpression:
    return terms[0] if len(terms) == 1 else SearchExpression(operator, tuple(terms), "", terms[0].at)
