"""What the application may listen to while requests are answered (WCF: ProcessingPipeline, HandleException)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import field
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

from odata_service.context import Context
from odata_service.errors import ODataError
from odata_service.message import ODataResponse
from odata_service.values import mutable

if TYPE_CHECKING:
    from odata_service.entry import BoundHook, EntryHook

Told = ParamSpec("Told")
Handler = TypeVar("Handler", bound=Callable[..., Any])
ErrorHook = Callable[[Context, Exception], ODataError | None]
logger = logging.getLogger("odata_service")


@mutable
class Signal(Generic[Told]):
    """Handlers, called in the order in which they were connected. ::

    @service.request_started.connect
    def note(ctx: Context) -> None: ...
    """

    handlers: list[Callable[Told, object]] = field(default_factory=list)

    def connect(self, handler: Handler) -> Handler:
        self.handlers.append(handler)
        return handler

    def send(self, *told: Told.args, **named: Told.kwargs) -> None:
        for handler in self.handlers:
            handler(*told, **named)

    def tell(self, *told: Told.args, **named: Told.kwargs) -> None:
        """The same where nothing can be done about a handler that fails."""
        for handler in self.handlers:
            try:
                handler(*told, **named)
            except Exception:
                logger.exception("a handler has failed")


@mutable
class Signals:
    """``request_started`` and ``request_finished`` are sent for every request, for a batch and for each of its parts;
    ``changeset_started`` in the transaction of a change set, or of a change by itself, and again where the transaction has
    to be tried again; ``changeset_saved`` when it is committed."""

    request_started: Signal[[Context]] = field(default_factory=Signal[[Context]])
    request_finished: Signal[[Context, ODataResponse]] = field(default_factory=Signal[[Context, ODataResponse]])
    changeset_started: Signal[[Context]] = field(default_factory=Signal[[Context]])
    changeset_saved: Signal[[Context]] = field(default_factory=Signal[[Context]])
    error_hooks: list[ErrorHook] = field(default_factory=list)
    entry_hooks: dict[str, list[EntryHook]] = field(default_factory=dict)  # by set name, "*" for all of them

    @property
    def are_quiet(self) -> bool:
        """Whether nobody listens to single requests."""
        told = (self.request_started, self.request_finished, self.changeset_started, self.changeset_saved)
        return not self.entry_hooks and not any(each.handlers for each in told)

    def entry_hooks_of(self, context: Context, set_name: str) -> list[BoundHook]:
        """Those that want to see the entities of a set in an answer."""
        hooks = (*self.entry_hooks.get(set_name, ()), *self.entry_hooks.get("*", ()))
        return [partial(hook, context) for hook in hooks]

    def replaced(self, context: Context, error: Exception) -> Exception:
        """What an error is answered as: the first refusal that a hook has for it, or itself."""
        for hook in self.error_hooks:
            try:
                found = hook(context, error)
            except Exception:
                logger.exception("an error hook has failed")
            else:
                if found is not None:
                    return found
        return error
