"""The five worked examples as their customer lives them: in a real Request Tracker, in each language shipped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

import pytest

from app.core.language import Language
from lab.request_tracker import RequestTracker
from tests.integration.jobs.conftest import FRIDAY_16_40, Hall
from tests.integration.jobs.through_rt import Desk, running

WORDS: Final = {
    Language.ENGLISH: {
        "system_administrators": "Your request is now with Level 3 system administrators",
        "management": "Your request is now with management",
        "monday": "Monday 7 December 2026",
        "repaired": "Result: repaired",
    },
    Language.GERMAN: {
        "system_administrators": "Ihre Anfrage liegt jetzt hier: Systemadministratoren",
        "management": "Ihre Anfrage liegt jetzt hier: Leitung",
        "monday": "Montag, 7. Dezember 2026",
        "repaired": "Ergebnis: repariert",
    },
}
"""What must stand in the text that the customer reads. A language more is a column more."""


pytestmark = pytest.mark.proof


@pytest.fixture(scope="module")
def tracker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RequestTracker]:
    yield from running(tmp_path_factory.mktemp("rt"))


@pytest.fixture(params=list(Language))
def desk(request: pytest.FixtureRequest, hall: Hall, tracker: RequestTracker) -> Desk:
    return Desk(hall, tracker, request.param)


def refer(desk: Desk, **changes: object) -> Any:
    body = desk.hall.escalation(asset=None, job_kind=None, answers={}, ticket=desk.ticket(), **changes)
    answer = desk.hall.post("lena", "/escalations", body)
    assert answer.status_code in {200, 201}, answer.text
    return answer.json


def answered(desk: Desk, referral: dict[str, Any], who: str, words: str) -> None:
    """The other team takes it and answers."""
    for verb, body in (("take", {}), ("answer", {"text": words})):
        response = desk.hall.post(who, f"/referrals/{referral['number']}/{verb}", body)
        assert response.status_code == 200, response.text


def test_why_was_i_charged_twice_is_answered_by_level_1_in_the_ticket(desk: Desk) -> None:
    desk.opens("Billing", "Why was I charged twice?")
    answer = refer(desk, team="billing", reason="complex", summary="Why was I charged twice?")
    assert answer["referral"] is None
    assert "30 minutes" in answer["message"]
    desk.tracker.write(desk.number, "The second one is a reservation, it lapses tomorrow.", as_user="lena")
    assert desk.told() == ["acknowledged"]
    assert desk.hall.get("lena", "/work-orders")["items"] == []


def test_a_slow_vps_is_solved_by_the_system_administrators_in_the_same_conversation(desk: Desk) -> None:
    desk.opens("Slow", "My VPS is running slowly")
    tried = "Restarted the web server, checked disk space and load."
    answer = refer(
        desk, team="system_administrators", reason="server_issue", summary="My VPS is running slowly", tried=tried
    )
    assert desk.told() == ["acknowledged", "referred"]
    assert WORDS[desk.language]["system_administrators"] in desk.reads()[-1]
    assert "60 to 120 minutes" in " ".join(answer["referral"]["explanation"])
    answered(desk, answer["referral"], "sam", "A backup ate the disk's time; it runs at night now.")
    assert desk.told() == ["acknowledged", "referred", "answered"]
    assert "A backup ate the disk's time" in desk.reads()[-1]


def test_a_custom_firewall_rule_set_is_confirmed_with_a_summary_of_changes(desk: Desk) -> None:
    desk.opens("Firewall", "Please allow three addresses on port 8443.")
    answer = refer(
        desk, team="system_administrators", reason="complex", summary="A custom firewall rule set for three addresses"
    )
    answered(desk, answer["referral"], "sam", "Changed: port 8443 is open for the three addresses, closed for others.")
    assert desk.told() == ["acknowledged", "referred", "answered"]
    assert "Changed: port 8443 is open" in desk.reads()[-1]


def test_a_credit_for_an_outage_is_decided_by_management(desk: Desk) -> None:
    desk.opens("Credit", "We want a credit for Thursday's outage.")
    answer = refer(desk, team="management", reason="approval", summary="Credit for Thursday's outage")
    assert desk.told() == ["acknowledged", "referred"]
    assert WORDS[desk.language]["management"] in desk.reads()[-1]
    answered(desk, answer["referral"], "max", "Approved: one day's fee is credited.")
    assert "Approved: one day's fee" in (desk.told() and desk.reads()[-1])


def test_a_disk_that_fails_on_friday_at_16_40_is_done_on_monday_and_confirmed(
    desk: Desk, at: Callable[[datetime], None]
) -> None:
    hall, words = desk.hall, WORDS[desk.language]
    at(FRIDAY_16_40)
    desk.opens("Disk failed", "The disk in bay 3 of SRV-1 has failed.")
    number = hall.order(ticket=desk.ticket())["number"]
    assert desk.told() == ["acknowledged", "booked"]
    assert words["monday"] in desk.reads()[-1]
    at(datetime(2026, 12, 7, 8, 0, 10, tzinfo=FRIDAY_16_40.tzinfo))
    hall.tick()
    hall.to_matched(number)
    hall.act("tess", number, "start")
    hall.do_steps(number)
    hall.act("tess", number, "completion", outcome="repaired", removed_serial="OLD-1", installed_serial="NEW-1")
    hall.answer()
    assert desk.told()[2:] == ["started", "finished", "closed_report"]
    assert words["repaired"] in desk.reads()[-1]
    desk.writes("Yes, all fine.")
    hall.act("lena", number, "confirmation", decision="confirmed")
    assert desk.told()[-1] == "closed"
    assert desk.status() == "resolved"
