"""One act of one person on one order: the checks every verb shares, and the record it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, DateTime, bindparam, select, text
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from app.core import events
from app.core.access import Principal
from app.core.database import notify
from app.core.errors import Conflict, NotAllowed
from app.core.events import DeviceStamp, Event
from app.core.permissions import Role
from app.jobs.kind import Evidence
from app.jobs.kinds import KINDS
from app.jobs.models import WorkOrder
from app.jobs.states import NOBODY, RULES, OrderState, Verb, permitted
from app.shifts.queries import site_calendar
from app.shifts.window import Calendar, local_text, next_opening, opening_at

SYSTEM = NOBODY
CLOSING_SOON = "The site closes within half an hour: finish, or hand over in a safe state."
_CLOCK_SLACK = timedelta(minutes=2)
_MOMENT = DateTime(timezone=True)
_TELL_NEWS = text("""
    INSERT INTO promise_told (order_id, at, begin_by, done_by)
    SELECT :order, :at, :begin_by, :done_by
    FROM (SELECT) now LEFT JOIN LATERAL (
        SELECT begin_by, done_by FROM promise_told WHERE order_id = :order ORDER BY id DESC LIMIT 1
    ) before ON true
    WHERE (before.begin_by, before.done_by) IS DISTINCT FROM (:begin_by, :done_by)
""").bindparams(
    bindparam("order", type_=BigInteger),
    *(bindparam(name, type_=_MOMENT) for name in ("at", "begin_by", "done_by")),
)


@dataclass(frozen=True, slots=True)
class Act:
    """Who does what to which order and when. `at` is the device's time for offline acts, else `now` (business time)."""

    session: Session
    order: WorkOrder
    verb: Verb
    by: str
    person_id: int | None
    now: datetime
    device: DeviceStamp | None = None
    by_program: bool = False

    @property
    def is_automatic(self) -> bool:
        """True when no person caused it: what is told then is no response of a person."""
        return self.by == SYSTEM or self.by_program

    @property
    def at(self) -> datetime:
        """When it was done: the tablet's time if it lies between the claim and now, else now."""
        return believed(self.order, self.device.at if self.device else None, self.now)

    @property
    def calendar(self) -> Calendar:
        """The calendar of the order's site."""
        return site_calendar(self.order.site)

    @property
    def is_open(self) -> bool:
        """True inside site hours."""
        return opening_at(self.calendar, self.at) is not None

    def leave(self, to: OrderState, *, why: str | None = None, detail: dict[str, Any] | None = None) -> Event:
        """Write the change (compare-and-set on the order's version), its event, and ring the pages.

        Raises StaleDataError when somebody else changed the order first.
        """
        before = OrderState(self.order.state)
        self.order.state = to
        flag_modified(self.order, "state")
        self.session.flush()
        _keep_promise(self)
        event = events.record(
            self.session, self.order.number, now=self.now, by=self.by, verb=self.verb, from_state=before, to_state=to,
            why=why, detail=detail, device=self.device,
        )  # fmt: skip
        notify(self.session, f"order:{self.order.number}")
        notify(self.session, f"site:{self.order.site.code}")
        return event

    def stay(self, *, why: str | None = None, detail: dict[str, Any] | None = None) -> Event:
        """Record an act that leaves the state as it is."""
        return self.leave(OrderState(self.order.state), why=why, detail=detail)


def next_opening_local(calendar: Calendar, at: datetime) -> str:
    """The next opening in the site's wall time, for a sentence."""
    opening = next_opening(calendar, at)
    if opening is None:
        return "at no known time"
    return local_text(opening.starts_at, calendar.time_zone)[:16].replace("T", " ")


def believed(order: WorkOrder, at: datetime | None, now: datetime) -> datetime:
    """A tablet's time where it lies between the claim and now (2 minutes ahead of us at most), else now."""
    if at is None or order.claimed_at is None:
        return now
    return at if order.claimed_at <= at <= now + _CLOCK_SLACK else now


def _keep_promise(act: Act) -> None:
    """Keep what the customer was promised until now: clocks count against each time that was told (one query)."""
    order = act.order
    told = {"order": order.id, "at": act.now, "begin_by": order.promise_to, "done_by": order.promise_finish}
    act.session.execute(_TELL_NEWS, told)


def check(act: Act, principal: Principal) -> None:
    """Refuse what the verb table refuses: role, holder, site hours, state; in that order."""
    order = act.order
    roles = principal.roles_at(order.site_id)
    is_holder = order.holder_id is not None and order.holder_id == principal.person_id
    rule = RULES[act.verb]
    if not permitted(act.verb, roles, is_holder=is_holder, second_wanted=act.verb in second_wanted(order)):
        if rule.holder and Role.TECHNICIAN in roles:
            holder = order.holder.full_name if order.holder else "nobody"
            raise Conflict("not_holder", f"Only who holds the order may do that; it is held by {holder}.")
        raise NotAllowed("not_allowed", f"Your role does not include the verb {act.verb}.")
    if act.verb in {Verb.RELEASE, Verb.START} and not act.is_open:
        raise Conflict(
            "outside_window",
            f"{order.site.name} is closed. Nothing starts before {next_opening_local(act.calendar, act.at)}.",
        )
    if order.state not in rule.from_states:
        raise Conflict("wrong_state", f"The order is {order.state.replace('_', ' ')}: {act.verb} is not possible now.")


def needs_off(order: WorkOrder) -> bool:
    """True when its procedure has a step for which the machine must be off."""
    return any(step.must_be_off for step in order.steps)


def is_cold(order: WorkOrder) -> bool:
    """True for jobs that take the machine down; a kind that is gone says nothing more than its steps."""
    kind = KINDS.get(order.job_kind)
    return (kind is not None and kind.power == "off") or needs_off(order)


def second_wanted(order: WorkOrder) -> frozenset[Verb]:
    """The verbs for which this order waits for a second person."""
    wanted = set()
    if order.match and order.match.get("pending"):
        wanted.add(Verb.MATCH)
    if order.discrepancy:
        wanted.add(Verb.DISCREPANCY)
    if any(s.done_at is None and s.evidence == Evidence.SECOND_PERSON for s in order.steps):
        wanted.add(Verb.STEP)
    if is_cold(order):
        wanted.add(Verb.SIGHTING)
    return frozenset(wanted)


def replayed(act: Act) -> bool:
    """True when this act of this tablet is already in the record: it came twice, it counts once.

    Raises Conflict when the tablet gave the same number to another verb: nothing may be lost silently.
    """
    if act.device is None:
        return False
    seen = select(Event.verb).where(
        Event.stream == act.order.number, Event.device_id == act.device.id, Event.device_seq == act.device.seq
    )
    verb = act.session.scalar(seen)
    if verb not in {None, act.verb}:
        raise Conflict("idempotency_mismatch", f"Number {act.device.seq} of this device was the verb {verb}.")
    return verb is not None


def flag(order: WorkOrder, sentence: str) -> None:
    """Put a sentence on the order for a person to look at; the same one stands there once."""
    if sentence not in order.flags:
        order.flags = [*order.flags, sentence]


def unflag(order: WorkOrder, sentence: str) -> None:
    """Take a sentence off the order: what it said is over."""
    if sentence in order.flags:
        order.flags = [one for one in order.flags if one != sentence]
