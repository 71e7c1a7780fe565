"""What a package has to offer is loaded when it is first asked for: who imports one name does not wait for all of them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module


def late(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` of a package whose names are at home in its modules. ::

    __getattr__, __dir__ = late(__name__, {"Bearer": "bearer"})
    """
    names = vars(sys.modules[package])

    def found(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        names[name] = getattr(import_module(f"{package}.{homes[name]}"), name)
        return names[name]

    return found, lambda: sorted({*names, *homes})
