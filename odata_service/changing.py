"""What change interceptors are told (WCF: ChangeInterceptor and UpdateOperations)."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from typing import Any

from odata_service.context import Context
from odata_service.values import frozen

Entity = Any  # an instance of whatever class is mapped


class UpdateOperations(enum.IntFlag):
    """What is done with an entity, as WCF Data Services names and numbers it."""

    NONE = 0
    ADD = 1
    CHANGE = 2
    DELETE = 4


@frozen
class Change:
    """What becomes of one attribute. Of a collection, ``old`` are the entities taken out and ``new`` those put in."""

    old: object
    new: object


ChangeListener = Callable[[Context, Entity, UpdateOperations], object]
ChangeInterceptor = Callable[[Context, Entity, UpdateOperations, Mapping[str, Change]], object]
