"""Where V2's clients differ, or its servers did: one switch each. The defaults are what most clients were seen to read."""

from __future__ import annotations

import dataclasses
from dataclasses import field
from typing import Any, Literal, get_args, get_type_hints

from odata_service.values import frozen


def _switch(default: Any, help: str) -> Any:
    """A row of :class:`OptionsV2`. (Any: a dataclass field is typed by what stands before the equals sign.)"""
    return field(default=default, metadata={"help": help})


@frozen
class OptionsV2:
    """What ``service.v2_options(doubles="string", …)`` says.

    >>> OptionsV2(doubles="text")
    Traceback (most recent call last):
    ValueError: doubles is 'number' or 'string', not 'text'
    """

    doubles: Literal["number", "string"] = _switch(
        "number", "Edm.Double and Edm.Single in JSON: numbers as WCF wrote them, strings as MS-ODATA and Olingo have it"
    )
    date_time_offset: Literal["utc", "plain"] = _switch(
        "utc", r'Edm.DateTimeOffset in JSON: "\/Date(0+0000)\/" as WCF wrote it, "\/Date(0)\/" as Olingo does'
    )
    single_values: Literal["bare", "results"] = _switch(
        "bare", '{"d":{"Name":"x"}} as WCF wrote it, {"d":{"results":{"Name":"x"}}} as MS-ODATA has it'
    )
    json_label: Literal["asked", "verbose", "plain"] = _switch(
        "asked", "whether the Content-Type says odata=verbose: where the client wrote it, always as WCF 5 did, or never"
    )
    collections: Literal["results", "lowest"] = _switch(
        "results", '{"d":{"results":[…]}} always, or {"d":[…]} where version 1.0 can carry the answer, as WCF did'
    )
    next_links: Literal["whole", "without format"] = _switch(
        "whole", "whether next links repeat $format; WCF's did not"
    )
    strings: Literal["exact", "without case"] = _switch(
        "exact", "whether $filter and $orderby tell capital letters from small ones; SQL Server usually does not"
    )
    delta_links: Literal["asked", "always"] = _switch(
        "asked", "whether tracked sets end with __delta when asked to, or always as SAP Gateway's do"
    )

    def __post_init__(self) -> None:
        for name, kind in get_type_hints(type(self)).items():
            known = get_args(kind)
            if getattr(self, name) not in known:
                choices = " or ".join(map(repr, known))
                raise ValueError(f"{name} is {choices}, not {getattr(self, name)!r}")


SWITCHES = {switch.name: switch for switch in dataclasses.fields(OptionsV2)}
USUAL = OptionsV2()
