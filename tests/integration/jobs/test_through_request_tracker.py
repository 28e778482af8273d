"""The main job through a real Request Tracker: what its customer reads there, at each step."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab.request_tracker import RequestTracker
from tests.integration.jobs.conftest import Hall
from tests.integration.jobs.through_rt import Desk, running


@pytest.fixture(scope="module")
def tracker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RequestTracker]:
    yield from running(tmp_path_factory.mktemp("rt"))


def test_a_ticket_goes_to_an_order_and_its_customer_reads_each_step_once_until_it_is_resolved(
    hall: Hall, tracker: RequestTracker
) -> None:
    desk = Desk(hall, tracker)
    desk.opens("Disk failed", "The second disk of SRV-1 beeps.")
    assert desk.told() == ["acknowledged"]
    order = hall.order(ticket=desk.ticket())
    number = order["number"]
    assert desk.told() == ["acknowledged", "booked"]
    assert number in desk.reads()[-1]
    assert "a technician starts today" in desk.reads()[-1] or "30 November 2026" in desk.reads()[-1]
    hall.to_matched(number)
    assert desk.told() == ["acknowledged", "booked"]
    hall.act("tess", number, "start")
    assert desk.told()[2:] == ["started"]
    desk.writes("Mind the left one!")
    assert hall.get("lena", f"/work-orders/{number}/events")["items"][-1]["verb"] == "customer_wrote"
    hall.do_steps(number)
    hall.act("tess", number, "completion", outcome="repaired", removed_serial="OLD-1", installed_serial="NEW-1")
    assert desk.told()[3:] == ["finished"]
    hall.answer()
    assert desk.told()[4:] == ["closed_report"]
    assert "Result: repaired" in desk.reads()[-1]
    assert "please tell us here whether everything works" in desk.reads()[-1]
    desk.writes("Yes, it works. Thank you!")
    assert desk.status() == "open"
    assert hall.act("lena", number, "confirmation", decision="confirmed")["state"] == "closed"
    assert desk.told()[5:] == ["closed"]
    assert desk.status() == "resolved"
    words = " ".join(desk.reads())
    assert not [secret for secret in ("CZ12345", "B17", "OLD-1", "NEW-1", "Surname", "SRV-PDU") if secret in words]
    hall.act("lena", number, "reopening", why="It beeps again.")
    assert desk.told()[6:] == ["reopened"]
    assert desk.status() == "open"
