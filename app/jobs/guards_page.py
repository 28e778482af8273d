"""What the guards show on an order's page: which drive and whether now, and whether the machine is off."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from app.hardware.models import Diagnostics
from app.jobs.disks import STATE_VALID, Disks, is_old, unsafe_to_pull
from app.jobs.models import WorkOrder
from app.jobs.models_power import Shutdown
from app.jobs.operations.act import is_cold, needs_off
from app.jobs.operations.disk_guard import disks_of, drive_name, guards_disks
from app.jobs.operations.phone_codes import held_codes
from app.jobs.operations.power_guard import off_since, power_of, sighting_of, subject
from app.jobs.power import STATE_VALID as POWER_VALID
from app.jobs.power import PowerState, Sighting, why_not_off
from app.jobs.power import is_old as power_is_old
from app.jobs.power_course import ADVICE, UNDER_WAY, WORDS, Course
from app.jobs.queries_order import OrderFacts
from app.jobs.states import AT_RACK, OrderState
from app.jobs.stops import Stop


@dataclass(frozen=True, slots=True)
class DiskPage:
    """What the disk guard shows. `disks` None: no source tells of drives; `held` is what a tablet checks codes by.

    From `old_at` on what is known is too old to pull by.
    """

    disks: Disks | None
    unsafe: Stop | None
    is_old: bool
    old_at: datetime | None
    held: str


@dataclass(frozen=True, slots=True)
class PowerPage:
    """What the power guard shows. `stop` None: hands may do what needs it off. `held`: what a tablet checks codes by.

    From `old_at` on what is known is too old to rest on; `must_be_off` while a step that needs it off is to be done.
    """

    state: PowerState
    stop: Stop | None
    is_old: bool
    old_at: datetime | None
    sighting: Sighting | None
    held: str
    shutdown: Shutdown | None
    must_be_off: bool

    @property
    def is_news(self) -> bool:
        """True while what came of the last shutdown still holds: not once the machine says otherwise."""
        if self.course in {Course.STILL_ON, Course.BACK}:
            return self.state.chassis is not False
        return self.course is not None and not (self.course == Course.OFF and self.state.chassis)

    @property
    def is_told(self) -> bool:
        """True when how the shutdown stands says already why hands have to stay away."""
        return self.is_under_way or (self.is_news and self.course in {Course.STILL_ON, Course.BACK, Course.LOADED})

    @property
    def course(self) -> Course | None:
        """How far the last shutdown has come; None when nobody asked for one."""
        return Course(self.shutdown.course) if self.shutdown else None

    @property
    def is_under_way(self) -> bool:
        """True while it is asked for or watched."""
        return self.course in UNDER_WAY

    @property
    def told(self) -> tuple[str, str | None]:
        """How far it is in a sentence, and what to do."""
        assert self.shutdown is not None
        problem = self.shutdown.problem or {}
        course = Course(self.shutdown.course)
        said = " ".join(filter(None, [problem.get("detail"), problem.get("advice")]))
        return WORDS[course], ADVICE.get(course) or said or None


def disks_shown(order: WorkOrder, newest: Diagnostics | None, now: datetime) -> DiskPage | None:
    """The disk guard of an order for whoever is at the rack; None for jobs that pull no drive. No query."""
    if order.state not in AT_RACK or not guards_disks(order):
        return None
    disks = disks_of(order, newest)
    if disks is None:
        return DiskPage(None, None, is_old=False, old_at=None, held="")
    old_at = disks.taken_at + STATE_VALID if disks.taken_at else None
    held = held_codes(order, drive_name(order, disks), now) if order.state == OrderState.WORKING else None
    return DiskPage(disks, unsafe_to_pull(disks), is_old(disks, now), old_at, json.dumps(held) if held else "")


def power_shown(seen: OrderFacts, now: datetime) -> PowerPage | None:
    """The power guard of a cold job for whoever is at the rack; None for other jobs. No query."""
    order = seen.order
    if order.state not in AT_RACK or not is_cold(order):
        return None
    state, sighting = power_of(order, seen.newest, seen.cords), sighting_of(order)
    held = held_codes(order, subject(order), now) if order.state == OrderState.WORKING and needs_off(order) else None
    old_at = state.taken_at + POWER_VALID if state.taken_at else None
    must_be_off = any(step.must_be_off and step.done_at is None for step in order.steps)
    stop = why_not_off(state, now, sighting=sighting, was_off_at=off_since(seen.shutdown))
    told = json.dumps(held) if held else ""
    return PowerPage(state, stop, power_is_old(state, now), old_at, sighting, told, seen.shutdown, must_be_off)
