"""Asking one SNMP agent for objects and columns, whatever the agent does wrong: sizes, guards, what was left out."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable

from app.core.errors import HardwareError, TimedOut, Unsupported
from app.hardware.protocols.memory import Memory
from app.hardware.protocols.snmp_ber import Oid, dotted, parse_oid
from app.hardware.protocols.snmp_exchange import ADVICE_FIRMWARE, Exchange
from app.hardware.protocols.snmp_pdu import GET, GET_BULK, GET_NEXT, NO_SUCH_NAME, Answer
from app.hardware.protocols.snmp_walk import Page, judge_page
from app.hardware.readings import SnmpTable, SnmpType, SnmpValue

OBJECTS_PER_GET = 20
# Rows asked for at once; an agent that cannot gets fewer, at last one by one.
BULK_SIZES = (25, 10, 5, 0)
# What an agent could not give, it is not asked for again soon: a large answer that is lost costs a second each time.
# After an hour all is tried anew, for it may have been the line.
_bulk_sizes: Memory[int] = Memory(size=5000, keep_s=3600)
MAX_ROWS = 5000
MAX_PAGES = 1000


class SnmpAsking:
    """Asks one agent, one request in flight at a time; opened and closed by the doors in `snmp`.

    `problems` names, by OID, what `get` could not bring and why: such an object is unknown, not absent.
    """

    def __init__(self, exchange: Exchange, device: Hashable, *, has_bulk: bool) -> None:
        self.problems: dict[str, str] = {}
        self._exchange = exchange
        self._device = device
        known = _bulk_sizes.recall(device)
        most = BULK_SIZES[0] if known is None else known
        self._sizes = deque(size for size in (BULK_SIZES if has_bulk else BULK_SIZES[-1:]) if size <= most)

    @property
    def requests(self) -> int:
        """Packets sent so far, resends included."""
        return self._exchange.requests

    def close(self) -> None:
        """Close the line; nothing else is held."""
        self._exchange.close()

    async def open(self) -> None:
        """Open the line, and for v3 learn who answers. Raises Unreachable, AuthRefused, Malformed."""
        await self._exchange.open()

    async def get(self, oids: Iterable[str]) -> dict[str, SnmpValue]:
        """Return the objects by dotted OID, without a leading dot; what the agent does not have is ABSENT.

        An object that could not be read is not in the result but in `problems`. Raises TimedOut, Unreachable,
        AuthRefused, Malformed, or Unsupported when the agent refused all of them. Cost: a round trip per 20.
        """
        wanted = [parse_oid(oid) for oid in oids]
        pending = deque(wanted[at : at + OBJECTS_PER_GET] for at in range(0, len(wanted), OBJECTS_PER_GET))
        found: dict[str, SnmpValue] = {}
        while pending:
            chunk = pending.popleft()
            try:
                answer = await self._exchange.ask(GET, chunk)
            except HardwareError as lost:
                if not found:
                    raise
                self._note([oid for left in (chunk, *pending) for oid in left], lost.reason)
                break
            self._sort_out(chunk, answer, found, pending)
        if wanted and not found:
            reason = self.problems.get(dotted(wanted[0]), "no object")
            raise Unsupported(f"the agent gives none of the objects: {reason}", ADVICE_FIRMWARE)
        return found

    async def walk(self, column: str) -> SnmpTable:
        """Return all rows below `column`, in order; `complete` is False with the reason when the agent failed.

        What was read before the failure is kept. Raises HardwareError only when the agent has never answered
        in this session. Cost: a round trip per 25 rows, more with agents that cannot send so much.
        """
        root = parse_oid(column)
        rows: list[SnmpValue] = []
        last, problem = root, None
        for _ in range(MAX_PAGES):
            page = await self._next_page(root, last)
            rows += page.rows
            problem = page.problem or page.unread or problem
            if page.last is None or page.ended or page.problem is not None:
                break
            last = page.last
            if len(rows) >= MAX_ROWS:
                problem = f"cut after {MAX_ROWS} rows"
                break
        else:
            problem = f"cut after {MAX_PAGES} answers"
        return SnmpTable(column, tuple(rows), complete=problem is None, problem=problem)

    async def _next_page(self, root: Oid, last: Oid) -> Page:
        """Ask for what follows `last`, for less when the agent cannot give so much."""
        while True:
            size = self._sizes[0]
            try:
                answer = await self._exchange.ask(GET_BULK if size else GET_NEXT, [last], size, once=bool(size))
            except HardwareError as lost:
                if not self._exchange.answered:
                    raise
                if isinstance(lost, TimedOut) and size and not self._exchange.deadline.passed:
                    self._ask_for_less()  # large answers get lost on some networks and agents
                    continue
                return Page(problem=lost.reason)
            if not answer.status:
                return judge_page(root, last, answer.objects)
            if not size:
                ended = answer.status == NO_SUCH_NAME  # SNMPv1's way to say that nothing follows
                return Page(ended=ended, problem=None if ended else f"the agent answered {answer.status_words}")
            self._ask_for_less()

    def _ask_for_less(self) -> None:
        self._sizes.popleft()
        _bulk_sizes.keep(self._device, self._sizes[0])

    def _sort_out(
        self, chunk: list[Oid], answer: Answer, found: dict[str, SnmpValue], pending: deque[list[Oid]]
    ) -> None:
        """Take the values of an answer; what it lacks is asked for again in smaller parts, at last alone."""
        if answer.status == NO_SUCH_NAME and 0 < answer.place <= len(chunk):
            missing = dotted(chunk[answer.place - 1])
            found[missing] = SnmpValue(missing, SnmpType.ABSENT, None)
            rest = [oid for oid in chunk if dotted(oid) != missing]
            pending.extendleft([rest] if rest else [])
        elif answer.status and len(chunk) > 1:
            half = len(chunk) // 2
            pending.extendleft([chunk[half:], chunk[:half]])
        elif answer.status:
            self._note(chunk, f"the agent answered {answer.status_words}")
        else:
            left_out = self._take(chunk, answer, found)
            if len(chunk) > 1:
                pending.extendleft([oid] for oid in left_out)
            else:
                self._note(left_out, "the agent left it out of its answer")

    def _take(self, chunk: list[Oid], answer: Answer, found: dict[str, SnmpValue]) -> list[Oid]:
        """Take the values that were asked for; return the objects that the answer leaves out."""
        oids, values, _, unread = answer.objects
        given = {value.oid: value for value in values}
        if oids == chunk and not unread:
            found.update(given)
            return []
        for place, reason in unread.items():
            if oids[place] in chunk:
                self._note([oids[place]], reason)
        found.update((dotted(oid), given[dotted(oid)]) for oid in chunk if dotted(oid) in given)
        told = set(oids)
        return [oid for oid in chunk if oid not in told]

    def _note(self, oids: Iterable[Oid], reason: str) -> None:
        self.problems.update({dotted(oid): reason for oid in oids})
