"""Everything that the page of one order shows to one person at one moment, from what was read of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from app.core.access import Principal
from app.core.clock import drill_offset
from app.core.errors import Conflict
from app.core.events import Event
from app.core.permissions import Permission
from app.hardware.models import DeviceAction, Diagnostics
from app.jobs import outlook
from app.jobs.clocks import Clock
from app.jobs.clocks.facts import Call
from app.jobs.clocks.facts import Fact as Happened
from app.jobs.clocks.promises import Appointed, order_clocks
from app.jobs.clocks_page import Shown, shown
from app.jobs.day import Window, last_start, window_of
from app.jobs.guards_page import DiskPage, PowerPage, disks_shown, power_shown
from app.jobs.kind import Evidence, Kind
from app.jobs.kinds import KINDS
from app.jobs.models import Photo, Referral, Step, WorkOrder
from app.jobs.operations.procedures import reserved_minutes
from app.jobs.operations.rack import start_facts
from app.jobs.outlook import Fact, Gate, Main
from app.jobs.outward import allowed_verbs
from app.jobs.photo_pairs import Album, album
from app.jobs.procedure import last_no_return
from app.jobs.queries_clocks import clocks_told, is_call, record_of
from app.jobs.queries_order import OrderFacts, PhoneNumber, Rung
from app.jobs.rules import device_serial
from app.jobs.start import check_start
from app.jobs.states import Verb
from app.jobs.stops import MATCH_VALID, is_stale
from app.shifts.queries import site_calendar
from app.shifts.queries_places import present
from app.shifts.window import closes_at
from app.tickets.models import TicketEntry

BESIDE = ("rack", "tag", "entry", "typed_why", "code", "power_code", "overtime")
MOST_CALLS = 20
MOST_TOLD = 1000
LAMP_SHOWN = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the order's record."""

    at: datetime
    by: str
    text: str
    why: str | None
    state: str | None


@dataclass(frozen=True, slots=True)
class Lamp:
    """What was last asked of the ID LED; `until` (business time) while it burns, else None."""

    action: DeviceAction
    until: datetime | None


@dataclass(frozen=True, slots=True)
class OrderPage:
    """One order as this person sees it now. `run` are the diagnostics shown, `refusal` is why start is not possible."""

    order: WorkOrder
    now: datetime
    title: str
    kind: Kind
    window: Window
    verbs: frozenset[Verb]
    main: Main
    is_holder: bool
    refusal: Conflict | None
    latest_start: datetime | None
    match_until: datetime | None
    no_return_until: datetime | None
    timer_until: datetime | None
    is_stale: bool
    disks: DiskPage | None
    power: PowerPage | None
    said: Mapping[str, Any] | None
    safety: Sequence[Fact]
    gates: Sequence[Gate]
    is_silent: bool
    answers: Sequence[tuple[str, str]]
    next_step: Step | None
    track: Sequence[str]
    run: Diagnostics | None
    diagnosis: Event | None
    may_sign: bool
    lamp: Lamp | None
    may_light: bool
    colleagues: Sequence[str]
    photos: Sequence[Photo]
    calls: Sequence[Referral]
    rings: Mapping[int, Sequence[Rung]]
    numbers: Sequence[PhoneNumber]
    spares: Sequence[tuple[str, str]]
    others: Sequence[WorkOrder]
    record: Sequence[Told]
    clocks: Sequence[Shown]
    customer: Sequence[TicketEntry]
    signed: Event | None

    @property
    def album(self) -> Album:
        """The photos, before and after side by side."""
        return album(self.order.steps, self.photos, is_over=self.order.finished_at is not None)

    @property
    def act(self) -> str:
        """The name of the one thing to do now, as a tablet's queue knows it: `start`, `step:swap`, `completion`."""
        if self.main in {Main.STEP, Main.WAIT_STEP} and self.next_step:
            return f"step:{self.next_step.key}"
        return "completion" if self.main == Main.COMPLETE else str(self.main)

    @property
    def ahead(self) -> list[OrderPage]:
        """The page as it will be after each act that may follow, up to one that needs somebody else. Empty if none may.

        A tablet without network goes through them.
        """
        starts = self.main == Main.START and self.refusal is None
        if not self.is_holder or not (starts or self.main == Main.STEP):
            return []
        steps = self.order.steps
        todo = [step for step in steps if step.done_at is None and (starts or step is not self.next_step)]
        pages = []
        for step in todo:
            done = steps.index(step)
            track = ["done" if i < done else "now" if i == done else "todo" for i in range(len(steps))]
            waits = step.evidence == Evidence.SECOND_PERSON
            main = Main.WAIT_STEP if waits else Main.STEP
            pages.append(replace(self, main=main, next_step=step, track=track))
            if waits:
                return pages
        return [*pages, replace(self, main=Main.COMPLETE, next_step=None)]


def order_page(principal: Principal, seen: OrderFacts, *, now: datetime, true: datetime) -> OrderPage:
    """The page of an order that this person may see. No query."""
    order, run = seen.order, seen.run
    kind, calendar = KINDS[order.job_kind], site_calendar(order.site)
    verbs = frozenset(allowed_verbs(order, principal))
    is_holder = order.holder_id == principal.person_id
    refusal = _start_refusal(order, now) if Verb.START in verbs else None
    following = next((step for step in order.steps if step.done_at is None), None)
    questions = {question.id: question.text for question in kind.questions}
    told = seen.events[:MOST_TOLD]
    said = order.after_document or order.before_document or (run.document if run else None)
    return OrderPage(
        order=order,
        now=now,
        title=outlook.job_title(kind, order.target),
        kind=kind,
        window=window_of(order.site, now),
        verbs=verbs,
        main=outlook.main_verb(
            verbs,
            is_holder=is_holder,
            pending_match=bool(order.match and order.match.get("pending")),
            discrepancy=order.discrepancy is not None,
            start_refusal=refusal.code if refusal else None,
            next_evidence=following.evidence if following else None,
        ),
        is_holder=is_holder,
        refusal=refusal,
        latest_start=last_start(order, calendar, now),
        match_until=order.matched_at + MATCH_VALID if order.matched_at else None,
        no_return_until=last_no_return(reserved_minutes(order), closes_at(calendar, now)),
        timer_until=_timer(order, following),
        is_stale=is_stale(order.matched_at, now),
        disks=disks_shown(order, seen.newest, now),
        power=power_shown(seen, now),
        said=said,
        safety=outlook.safety(said, kind, consent_needed=order.consent_needed),
        gates=_gates(order),
        is_silent=order.before_document is not None and device_serial(order.before_document) is None,
        answers=[(questions.get(key, key), str(value)) for key, value in order.answers.items()],
        next_step=following,
        track=["done" if s.done_at else "now" if s is following else "todo" for s in order.steps],
        run=run,
        diagnosis=seen.diagnosis,
        may_sign=principal.may(Permission.ASSETS_WRITE, order.site_id),
        lamp=_lamp(seen.lamp, true),
        may_light=principal.may(Permission.ID_LED, order.site_id),
        colleagues=[name for name in present(calendar, seen.lines, now) if name != principal.full_name],
        photos=seen.photos,
        calls=seen.calls[:MOST_CALLS],
        rings=_by_call(seen.rings),
        numbers=seen.numbers,
        spares=outlook.spares_told(seen.spares),
        others=seen.others,
        customer=seen.customer,
        clocks=shown(_clocks(seen, now), now, order.site.time_zone),
        record=_record(order, told),
        signed=next((one for one in reversed(told) if one.verb == Verb.COMPLETION and one.detail.get("outcome")), None),
    )


def _by_call(rings: Sequence[Rung]) -> Mapping[int, Sequence[Rung]]:
    return {one.referral_id: [two for two in rings if two.referral_id == one.referral_id] for one in rings}


def _start_refusal(order: WorkOrder, now: datetime) -> Conflict | None:
    try:
        check_start(start_facts(order, now))
    except Conflict as refusal:
        return refusal
    return None


def _timer(order: WorkOrder, following: Step | None) -> datetime | None:
    """Until when the next step has to be done, where the machine allows only so long after the step before it."""
    if following is None or following.within_s is None:
        return None
    before = next((s.done_at for s in reversed(order.steps) if s.position < following.position and s.done_at), None)
    return before + timedelta(seconds=following.within_s) if before else None


def _clocks(seen: OrderFacts, now: datetime) -> list[Clock]:
    """Every clock of the order and of its ticket."""
    record = record_of(
        seen.order,
        facts=[Happened(e.at, e.verb, e.from_state, e.to_state, e.device_at, e.detail) for e in seen.events],
        calls=[Call(c.team, c.created_at, c.answered_at) for c in sorted(filter(is_call, seen.calls), key=_begun)],
        appointed=[Appointed(one.at, one.begin_by, one.done_by) for one in seen.promised],
        deliveries=seen.deliveries,
    )
    return [*clocks_told(seen.order.ticket, seen.ticket_deliveries, now), *order_clocks(record, now)]


def _begun(call: Referral) -> datetime:
    return call.created_at


def _gates(order: WorkOrder) -> Sequence[Gate]:
    asset = order.asset
    rack = asset.rack.name if asset.rack else None
    return outlook.gates(order.match, rack=rack, tag=asset.tag, serial=asset.serial, before=order.before_document)


def _lamp(action: DeviceAction | None, true: datetime) -> Lamp | None:
    if action is None or true - action.requested_at > LAMP_SHOWN:
        return None
    ends = (action.finished_at or action.requested_at) + timedelta(seconds=action.arguments["seconds"])
    burns = action.arguments["on"] and action.state == "done" and ends > true
    return Lamp(action, ends + drill_offset() if burns else None)


def _record(order: WorkOrder, history: Sequence[Event]) -> Sequence[Told]:
    titles: Mapping[str, str] = {step.key: step.title for step in order.steps}
    lines = []
    for event in history:
        text, state = outlook.told(event.verb, event.detail or {}, titles)
        lines.append(Told(event.at, event.by, text, event.why, state))
    return lines[::-1]


def evidence_of(step: Step, given: Mapping[str, Any]) -> dict[str, Any]:
    """The evidence field of a step as the verb takes it, from what a page's form sent."""
    value = str(given.get("evidence", "")).strip()
    names = {"scan": "code", "serial": "serial", "photo": "photo"}
    if step.evidence == "second_person":
        return {"confirm": True}
    if step.evidence == "reading":
        return {"value": value, "unit": str(given.get("unit", "")).strip()}
    beside = {name: str(given[name]).strip() for name in BESIDE if str(given.get(name, "")).strip()}
    return beside | ({names[step.evidence]: value} if step.evidence in names else {})
