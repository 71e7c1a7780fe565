"""Reads from a replica of the database, which is a moment behind it.

A replica replays what was committed in the order in which it was. What a reader sees there is the database as it was at one moment, so that
the stamps of the clock mean the same as ever: a page of changes ends where the clock of the replica stands. What cannot be answered
from such a moment is :class:`Behind`, and the database itself is asked.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import field
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from odata_service.errors import ServiceUnavailable
from odata_service.execute.connection import Behind, Connection, ReadConnections, Timing
from odata_service.values import mutable

PRIMARY, REPLICA = "primary", "replica"
START = "0/0"  # the position from which on everything is
SECONDS_TO_REST = 5.0  # after which a replica that was of no use is asked again
# Refusals of a replica that say nothing of the request: it is away, or has replayed over what was being read.
_ITS_OWN = ("DatabaseAway", "TryAgain")
Found = TypeVar("Found")
logger = logging.getLogger("odata_service")


class Unfit(Behind):
    """The replica is of no use to anybody for now; the message says why."""


@mutable
class ReplicaConnections(ReadConnections):
    """Connections to a replica. Each shows what it has replayed before it is read from: after a restart that may be less than before."""

    most_behind: int = field(kw_only=True)  # seconds

    def greet(self, connection: Connection, timing: Timing) -> None:
        has_replayed, seconds = connection.one(self.database.replayed, (timing.after or START,))
        if seconds is None:
            raise Unfit("follows no database")
        assert isinstance(seconds, int), "as the statement says it"
        if seconds > self.most_behind:
            raise Unfit(f"is more than {self.most_behind} seconds behind")
        self.demand(bool(has_replayed))

    def demand(self, is_there: bool) -> None:
        if not is_there:
            raise Behind("is behind")


@mutable
class Replica:
    """One replica, as one process knows it. ``problem`` says why it is left alone for now."""

    connections: ReplicaConnections
    problem: str = ""
    _rests_until: float = 0.0

    def answer(self, read: Callable[[], Found], timing: Timing) -> Found | None:
        """What a read finds on the replica; ``None`` where the database itself is to be asked."""
        timing.place, timing.why = PRIMARY, "not asked for"
        if timing.after is None:
            return None
        if time.monotonic() < self._rests_until:
            timing.why = "away"
            return None
        try:
            found = read()
        except Unfit as unfit:
            timing.why = "away"
            self._rest(str(unfit))
        except Behind:
            timing.why = "behind"
        except (ServiceUnavailable, DBAPIError) as error:
            refusal = self.connections.unavailable(error)
            if not isinstance(refusal, ServiceUnavailable) or refusal.code not in _ITS_OWN:
                raise
            timing.why = "away" if refusal.code == "DatabaseAway" else "behind"
            if timing.why == "away":
                self._rest("does not answer")
        else:
            self._is_well()
            timing.place, timing.why = REPLICA, ""
            return found
        return None

    def is_fit(self) -> bool:
        """Whether it is of use to who has changed nothing."""

        def greet() -> bool:
            with self.connections.open(Timing(after=START)):
                return True

        return self.answer(greet, Timing(after=START)) is not None

    def look(self) -> None:
        """For who asks how the service is: now, whether it rests or not."""
        self._rests_until = 0.0
        self.is_fit()

    def _rest(self, problem: str) -> None:
        self._rests_until = time.monotonic() + SECONDS_TO_REST
        if problem != self.problem:
            logger.warning("the read replica %s: reads go to the database itself", problem)
        self.problem = problem
        self.connections.engine.dispose(close=False)  # of several hosts, the next connection finds another one

    def _is_well(self) -> None:
        if self.problem:
            logger.warning("the read replica is read from again")
        self.problem = ""
