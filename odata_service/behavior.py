"""What a service takes part in, and what it does not (WCF: DataServiceBehavior)."""

from __future__ import annotations

import dataclasses
from dataclasses import field, replace
from typing import Any

from odata_service.errors import BadRequest, did_you_mean
from odata_service.values import frozen, mutable

EVERY = "*"


def _switch(default: bool, help: str, *, per_set: bool = False) -> Any:
    """A row of :class:`Behavior`. (Any: a dataclass field is typed by what stands before the equals sign.)"""
    return field(default=default, metadata={"help": help, "per_set": per_set})


@frozen
class Behavior:
    """One row per switch; those that are ``per_set`` may differ from entity set to entity set."""

    accept_count_requests: bool = _switch(True, "$count and $inlinecount", per_set=True)
    accept_projection_requests: bool = _switch(True, "$select", per_set=True)
    accept_any_all_requests: bool = _switch(True, "any and all over a collection", per_set=True)
    accept_replace_function_in_query: bool = _switch(True, "replace in V2's $filter and $orderby", per_set=True)
    accept_spatial_literals_in_query: bool = _switch(True, "geography'…' in conditions and orders", per_set=True)
    invoke_interceptors_on_link_delete: bool = _switch(True, "change interceptors when a link is removed")
    enable_type_conversion: bool = _switch(True, "values in bodies may come in another form, 3 as a text")
    use_verbose_errors: bool = _switch(False, "the exception behind an unexpected error is told to clients")


_ROWS = {row.name: row for row in dataclasses.fields(Behavior)}


@mutable
class Behaviors:
    """The switches of the service, and those of sets that differ from them."""

    usual: Behavior = Behavior()
    of_sets: dict[str, dict[str, bool]] = field(default_factory=dict)

    @property
    def restricts(self) -> bool:
        """Whether anything is switched off that a query could ask for."""
        return bool(self.of_sets) or any(
            row.metadata["per_set"] and not getattr(self.usual, row.name) for row in _ROWS.values()
        )

    @property
    def converts(self) -> bool:
        """Whether values in bodies may come in another form than that in which the service writes them."""
        return self.usual.enable_type_conversion

    def say(self, set_name: str, switches: dict[str, bool]) -> None:
        for name in switches:
            if name not in _ROWS:
                raise ValueError(f"there is no switch {name!r}{did_you_mean(name, _ROWS)}")
            if set_name != EVERY and not _ROWS[name].metadata["per_set"]:
                raise ValueError(f"{name} is one for the whole service")
        if set_name == EVERY:
            self.usual = replace(self.usual, **switches)
        else:
            self.of_sets.setdefault(set_name, {}).update(switches)

    def accepts(self, name: str, set_name: str) -> bool:
        accepted: bool = self.of_sets.get(set_name, {}).get(name, getattr(self.usual, name))
        return accepted

    def demand(self, name: str, set_name: str) -> None:
        """
        >>> behaviors = Behaviors()
        >>> behaviors.say("Orders", {"accept_count_requests": False})
        >>> behaviors.demand("accept_count_requests", "Orders")
        Traceback (most recent call last):
        odata_service.errors.BadRequest: Orders is not open for this: $count and $inlinecount (accept_count_requests)
        """
        if not self.accepts(name, set_name):
            help = _ROWS[name].metadata["help"]
            raise BadRequest("NotAccepted", f"{set_name} is not open for this: {help} ({name})")
