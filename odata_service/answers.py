"""What a change is answered with: the entity as it is now, only its new state, or what became of many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace

from odata_service.access import Caller
from odata_service.bind.call import Call
from odata_service.bind.command import ApplyDelta, Command, DeleteEach, Insert, InsertMedia, Update
from odata_service.bind.payload import EntityPayload
from odata_service.bind.query import Read, Step
from odata_service.bind.resource import Resource
from odata_service.edm.model import EntityType
from odata_service.errors import BadRequest, Forbidden
from odata_service.execute.connection import Timing
from odata_service.execute.set_change import ChangedSet, Done
from odata_service.execute.order import Changed, Effect, Order, Returned, Shown
from odata_service.links import Place, entity_address
from odata_service.message import ODataRequest
from odata_service.parse.syntax import ExpandItem, Options, Segment, Syntax
from odata_service.reads import Reads, key_after
from odata_service.rereads import Known, Rereads
from odata_service.result import Created, DeltaItem, DeltaResponse, Failure, NoContent, Result, SingleEntity
from odata_service.spelling import Exchange, Spelling
from odata_service.values import frozen

# They say which entities are meant; a change means those of its address, whatever stands behind it.
_OF_COLLECTIONS = ("filter", "search", "orderby", "top", "skip", "count", "apply", "skip_token", "delta_token")


@frozen
class ChangeAnswers:
    """Answers the changes of one caller in one exchange."""

    reads: Reads
    caller: Caller
    spelling: Spelling
    exchange: Exchange
    known: Known = field(default_factory=dict)  # what has been read already

    def shown(self, command: Command, resource: Resource, syntax: Syntax) -> Shown | None:
        """What the entity's answer will show besides its own properties. It is found out before anything is changed,
        because a mistake in it is a reason to change nothing. The key comes after the literals of the request."""
        if not self.spelling.shapes_answers:
            return None
        _refuse_options_of_collections(syntax.options)
        if not isinstance(command, (Insert, InsertMedia, Update)):
            return None
        asked = bool(syntax.options.select or syntax.options.expand or syntax.options.compute)
        inline = () if isinstance(command, InsertMedia) else _inline(command.payload)
        if not asked and not inline:
            return None
        last = resource.steps[-1]
        step = Step(last.entity_set, key=key_after(len(syntax.literals), last.entity_set), cast=last.cast)
        options = replace(syntax.options, expand=_together(syntax.options.expand, inline))
        read = self.reads.paged_binder(self.caller, self.spelling, self.exchange).entity((step,), options)
        return self._restricted(read, asked)

    def _restricted(self, read: Read, asked: bool) -> Shown | None:
        """Whoever may insert related entities need not be allowed to read them, if he does not ask for them."""
        try:
            self.caller.restrict(read, self.spelling.tombstones)
        except Forbidden:
            if asked:
                raise
            return None
        return Shown(self.caller.restrict_changed(read, self.spelling.tombstones), asked)

    def check_returned(self, call: Call, syntax: Syntax) -> None:
        """Refuse what cannot be asked of the entities that an action returns, before it runs."""
        for operation in call.candidates:
            returns = operation.returns
            if returns is not None and isinstance(returns.type, EntityType):
                entity_set = self.caller.model.set_of(returns.type)
                key = () if returns.collection else key_after(len(syntax.literals), entity_set)
                self.reads.returned(Step(entity_set, key=key), syntax.options, self.caller, self.spelling)

    def answer(
        self, order: Order, changed: Effect, request: ODataRequest, timing: Timing
    ) -> Result:
        """The entity where it is new or asked for, else only its new state's ETag."""
        if changed is None:
            return NoContent()
        if isinstance(changed, ChangedSet):
            return self._changed_set(changed, order.command, request, timing)
        if isinstance(changed, Returned):
            found = changed.found
            if not isinstance(found, Step):
                return found
            return self.reads.found(found, order.options, order.literals, self.caller, self.spelling, timing)
        wanted = self._wants_content(order, changed)
        if not wanted and not changed.entity_set.type.etag:
            return NoContent()
        if wanted and order.shown is not None:
            entity = self.reads.shown(order.shown.read, changed.place.key, order.literals, request, self.caller, timing)
        else:
            entity = self._entity(changed.place, timing)
        address = self._address(changed.place, request)
        if entity is None:
            return NoContent(entity_id=address)
        if changed.created:
            return Created(entity, address)
        return entity if wanted else NoContent(entity.etag)

    def rereads(self, order: Order, changed: Changed) -> bool:
        """Whether an answer needs the entity as it is now, and as it is always read."""
        return order.shown is None if self._wants_content(order, changed) else bool(changed.entity_set.type.etag)

    def _wants_content(self, order: Order, changed: Changed) -> bool:
        asked = self.exchange.returns_content or (order.shown is not None and order.shown.asked)
        return changed.created or (asked and isinstance(order.command, Update))

    def _changed_set(self, changed: ChangedSet, command: Command, request: ODataRequest, timing: Timing) -> Result:
        """What became of each entity, where that was asked for or not all could be done."""
        wanted = self.exchange.answers_deltas if isinstance(command, ApplyDelta) else self.exchange.returns_content
        if not changed.has_failures and (not wanted or isinstance(command, DeleteEach)):
            return NoContent()
        items = [self._item(done, request, timing) for done in changed.items]
        return DeltaResponse(changed.entity_set, items)

    def _item(self, done: Done, request: ODataRequest, timing: Timing) -> DeltaItem:
        """An entity as it is now, or its address: of what was deleted, and of what could not be changed."""
        address = "" if done.place is None else self._address(done.place, request)
        failure = None if done.error is None else Failure(done.operation, done.error)
        if failure is not None or done.operation == "delete" or done.place is None:
            is_gone = failure is None or done.operation == "insert"
            return DeltaItem(address, None, "deleted" if is_gone else "", done.content_id, failure)
        entity = self._entity(done.place, timing)
        if entity is None:
            return DeltaItem(address, None, "deleted", done.content_id)
        return DeltaItem(address, entity.level, "", done.content_id)

    def _entity(self, place: Place, timing: Timing) -> SingleEntity | None:
        known = self.known.get((place.entity_set.name, tuple(place.key)))
        return known or Rereads(self.reads, self.caller, self.spelling, timing).entity(place.entity_set, place.key)

    def _address(self, place: Place, request: ODataRequest) -> str:
        return entity_address(request.root, place, self.spelling.write_literal)


def _refuse_options_of_collections(options: Options) -> None:
    for name in _OF_COLLECTIONS:
        if getattr(options, name):
            named = f"${name.replace('_', '')}"
            raise BadRequest("OptionNotApplicable", f"{named} does not go with a change", target=named)


def _together(asked: Sequence[ExpandItem], inline: Sequence[ExpandItem]) -> tuple[ExpandItem, ...]:
    """What the request says of a navigation property wins over what came inline."""
    named = {item.path[-1].name for item in asked}
    return (*asked, *(item for item in inline if item.path[-1].name not in named and "*" not in named))


def _inline(payload: EntityPayload) -> tuple[ExpandItem, ...]:
    """What came inline, as something to expand (Protocol, Create Related Entities When Creating an Entity)."""
    items = []
    for name, related in payload.related.items():
        inserted = [each for each in related if isinstance(each, EntityPayload)]
        deeper = {item.path[0].name: item for each in inserted for item in _inline(each)}
        if inserted:
            options = Options(expand=tuple(deeper.values()))
            items.append(ExpandItem((Segment(name, None, 0),), "", options, 0))
    return tuple(items)
