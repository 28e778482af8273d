"""What the page of an order reads in one statement is what the tables hold, of that order and for who may see it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import DetachedInstanceError

from app.core.access import Grant, Principal
from app.core.clock import business_now
from app.core.database import Base, reading, transaction
from app.core.errors import NotFound
from app.core.events import Event
from app.core.permissions import Role
from app.jobs.models import PromiseTold, Step, WorkOrder
from app.jobs.queries_order import OrderFacts, order_facts
from app.sites.models import Site
from tests.integration.jobs.conftest import Hall

EVERYWHERE = Principal(1, "sam", "Sam", frozenset({Grant(Role.SYSADMIN, None)}))
NOT_READ = {"words"}  # what assets are searched by


def facts(hall: Hall, number: str, principal: Principal = EVERYWHERE) -> OrderFacts:
    with hall.app.app_context(), reading() as session:
        return order_facts(session, principal, number, business_now())


def worked_on(hall: Hall) -> str:
    """An order at the rack, with diagnostics, a record, steps done and a call for help."""
    number: str = hall.order()["number"]
    hall.to_matched(number)
    hall.act("tess", number, "start")
    hall.act("tess", number, "step", id="esd", evidence={})
    hall.act("tess", number, "escalation", why="The array looks odd.", team="system_administrators")
    return number


def held(row: Base) -> dict[str, Any]:
    """All columns of a row that are read."""
    return {one.key: getattr(row, one.key) for one in inspect(type(row)).column_attrs if one.key not in NOT_READ}


def all_of(session: Session, model: type[Base], which: Any, by: Any) -> list[dict[str, Any]]:
    return [held(row) for row in session.scalars(select(model).where(which).order_by(by)).unique()]


def every(rows: Iterable[Base]) -> list[dict[str, Any]]:
    return [held(row) for row in rows]


def test_the_facts_are_what_the_tables_hold_to_the_last_type(hall: Hall) -> None:
    number = worked_on(hall)
    read = facts(hall, number)
    with hall.app.app_context(), transaction() as session:
        stored = session.scalars(select(WorkOrder).where(WorkOrder.number == number)).unique().one()
        assert held(read.order) == held(stored)
        for name in ("site", "asset", "ticket", "escalation"):
            assert held(getattr(read.order, name)) == held(getattr(stored, name)), name
        assert read.order.asset.rack is not None
        assert stored.asset.rack is not None
        assert held(read.order.asset.rack) == held(stored.asset.rack)
        assert read.order.holder is not None
        assert read.order.holder.full_name == "Tess Surname"
        assert read.order.appointment is not None
        assert stored.appointment is not None
        assert read.order.appointment.during == stored.appointment.during
        assert every(read.order.steps) == all_of(session, Step, Step.order_id == stored.id, Step.position)
        assert every(read.events) == all_of(session, Event, Event.stream == number, Event.seq)
        told = all_of(session, PromiseTold, PromiseTold.order_id == stored.id, PromiseTold.id)
        assert every(read.promised) == told
        assert read.run is not None
        assert read.run.id == stored.before_id
        assert read.run.document == stored.before_document
        assert [call.why for call in read.calls] == ["The array looks odd."]
    assert len(read.events) > 3
    assert isinstance(read.events[0].at, datetime)


def test_what_no_page_shows_was_not_read_and_says_so(hall: Hall) -> None:
    order = facts(hall, worked_on(hall)).order
    for row, name in ((order.holder, "password_hash"), (order.asset, "power"), (order, "parent")):
        with pytest.raises(DetachedInstanceError):
            getattr(row, name)


def test_an_order_of_another_site_is_not_found(hall: Hall) -> None:
    number = hall.order()["number"]
    with hall.app.app_context(), transaction() as session:
        sites = {site.code: site.id for site in session.scalars(select(Site))}
    here, there = (
        Principal(2, "tess", "Tess", frozenset({Grant(Role.TECHNICIAN, sites[c])})) for c in ("AMS1", "MIA1")
    )
    assert facts(hall, number, here).order.number == number
    for nobody in (there, Principal(3, "new", "New", frozenset())):
        with pytest.raises(NotFound):
            facts(hall, number, nobody)


def test_the_diagnostics_shown_are_those_under_way_until_before_is_frozen(hall: Hall) -> None:
    number = hall.order()["number"]
    assert facts(hall, number).run is None
    hall.act("tess", number, "claim")
    asked = facts(hall, number).run
    hall.answer()
    before = facts(hall, number)
    assert asked is not None
    assert before.run is not None
    assert (asked.state, before.run.state) == ("queued", "done")
    assert before.run.id == before.order.before_id == asked.id
