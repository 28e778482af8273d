"""The managers' report: promises with their causes, waiting, repairs, load; as a page and as CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import event, select

from app.core.access import Grant, Principal
from app.core.clock import business_now
from app.core.database import db, transaction
from app.core.permissions import Role
from app.hardware.models import Asset
from app.jobs.clocks import Promise
from app.jobs.queries_report import Report, report
from app.sites.models import Site
from tests.integration.conftest import Browser
from tests.integration.jobs.conftest import MONDAY, Hall
from tests.unit.hardware.samples import healthy_server

At = Callable[[datetime], None]


def principal(name: str) -> Principal:
    """A manager of one site: max of AMS1, mona of MIA1."""
    with transaction() as session:
        code = {"max": "AMS1", "mona": "MIA1"}[name]
        place = session.scalars(select(Site.id).where(Site.code == code)).one()
    return Principal(1, name, name.title(), frozenset({Grant(Role.MANAGER, place)}))


def reported(hall: Hall, who: str = "max", **changes: object) -> Report:
    with hall.app.app_context(), transaction() as session:
        asking = principal(who)
        return report(
            session, asking, MONDAY - timedelta(days=1), MONDAY + timedelta(days=10), business_now(), **changes,  # type: ignore[arg-type]  # site
        )  # fmt: skip


def repaired(hall: Hall, at: At, began: datetime, minutes: int = 20) -> str:
    number = str(hall.order()["number"])
    at(began)
    hall.to_matched(number)
    hall.act("tess", number, "start")
    hall.do_steps(number)
    at(began + timedelta(minutes=minutes))
    hall.act("tess", number, "completion", outcome="repaired", removed_serial="OLD-1", installed_serial="NEW-1")
    hall.answer(healthy_server("SRV-1"))
    return number


def test_promises_are_counted_with_who_had_the_order_when_they_were_missed(hall: Hall, at: At) -> None:
    repaired(hall, at, MONDAY + timedelta(minutes=10))
    late = hall.order()["number"]
    at(MONDAY + timedelta(hours=6))
    hall.act("tess", late, "claim")
    found = {one.promise: one for one in reported(hall).attainments}
    start = found[Promise.START]
    assert (start.kept, start.missed, start.share) == (1, 1, 0.5)
    assert start.causes == [("Technicians: waits to be taken", 1)]
    assert (found[Promise.FINISH].kept, found[Promise.FINISH].missed) == (1, 1)


def test_waiting_repairs_load_and_stopped_scans_are_counted(hall: Hall, at: At) -> None:
    number = repaired(hall, at, MONDAY + timedelta(minutes=10))
    hall.act("bot", number, "confirmation", decision="not_fixed", why="still broken")
    other = repaired(hall, at, MONDAY + timedelta(hours=2), minutes=30)
    assert other != number
    third = hall.order(asset="SRV-2")["number"]
    hall.act("tom", third, "claim")
    hall.refusal("tom", third, "match", rack="B17", tag="SRV-3", light="seen", face="front")
    found = reported(hall)
    assert (found.repairs.finished, found.repairs.first_time, found.repairs.repeats) == (1, 1, 0)
    load = {one.name: one for one in found.loads}["Tess Surname"]
    assert load.worked >= timedelta(minutes=29)
    assert found.stopped == {"AMS1": 1}
    assert any(one.reason == "Technicians: waits to be taken" and one.counts for one in found.waited)


def test_a_manager_sees_only_their_own_sites(hall: Hall) -> None:
    hall.order()
    assert reported(hall, "max").orders == 1
    assert reported(hall, "mona").orders == 0
    assert reported(hall, "max", site="MIA1").lines == []


def test_the_report_takes_the_same_number_of_queries_for_one_order_and_for_ten(hall: Hall) -> None:
    def queries() -> int:
        counted = []
        with hall.app.app_context():
            asking = principal("max")
            engine = db.engine
            event.listen(engine, "before_cursor_execute", lambda *_: counted.append(1))
            with transaction() as session:
                report(session, asking, MONDAY - timedelta(days=1), MONDAY + timedelta(days=1), business_now())
        return len(counted)

    hall.order()
    first = queries()
    with hall.app.app_context(), transaction() as session:
        tags = list(session.scalars(select(Asset.tag).where(Asset.tag.like("SRV-_"))))
    for tag in tags:
        hall.order(asset=tag)
        hall.order(asset=tag, job_kind="psu_swap", answers={"psu": "1"})
    assert queries() <= first


def test_the_page_and_its_csv_show_the_same_figures(
    hall: Hall, at: At, browser_of: Callable[[str], Browser], person: Callable[..., int]
) -> None:
    number = repaired(hall, at, MONDAY + timedelta(minutes=10))
    person("mara", "manager@all")
    mara = browser_of("mara")
    page = mara.get("/report?from=2026-11-29&to=2026-12-02")
    assert page.status_code == 200
    assert re.search(r"Begun in the promised range</span>.*?<b>100.0 %</b>", page.text, re.DOTALL)
    assert "Tess Surname" in page.text
    answer = mara.get("/report.csv?from=2026-11-29&to=2026-12-02")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    start = next(row for row in rows if (row["number"], row["promise"]) == (number, "start"))
    assert (start["standing"], start["site"]) == ("kept", "AMS1")
    german = mara.get("/report.csv?from=2026-11-29&to=2026-12-02&language=de")
    rows = list(csv.DictReader(io.StringIO(german.text)))
    begun = next(row for row in rows if (row["Nummer"], row["Zusage"]) == (number, "Beginn"))
    assert (begun["Stand"], begun["Standort"]) == ("gehalten", "AMS1")


def test_a_period_that_makes_no_sense_is_said_so(
    hall: Hall, browser_of: Callable[[str], Browser], person: Callable[..., int]
) -> None:
    person("mara", "manager@all")
    mara = browser_of("mara")
    for asked in ("from=yesterday", "from=2026-12-02&to=2026-11-01", "from=0001-01-01&to=0001-01-02"):
        page = mara.get(f"/report?{asked}")
        assert page.status_code == 200
        assert "The last 30 days are shown." in page.text or "must begin before it ends" in page.text
        assert mara.get(f"/report.csv?{asked}").status_code == 422


def test_a_formula_in_a_ticket_is_text_in_the_csv(
    hall: Hall, browser_of: Callable[[str], Browser], person: Callable[..., int]
) -> None:
    body = hall.escalation()
    hall.order(ticket={**body["ticket"], "id": "=1+1"})
    person("mara", "manager@all")
    answer = browser_of("mara").get("/report.csv?from=2026-11-29&to=2026-12-02")
    assert {row["subject"] for row in csv.DictReader(io.StringIO(answer.text)) if "1+1" in row["subject"]} == {"'=1+1"}
