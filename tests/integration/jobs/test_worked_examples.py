"""The five worked examples that the provider's promises are explained with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from app.core.database import transaction
from app.jobs.models import Escalation, Referral, WorkOrder
from tests.integration.jobs.conftest import FRIDAY_16_40, MONDAY, SATURDAY, Hall

Clock = Callable[[datetime], None]
BERLIN = ZoneInfo("Europe/Berlin")
SUNDAY_NIGHT = datetime(2026, 12, 6, 3, 0, tzinfo=BERLIN)


def refer(hall: Hall, **changes: object) -> Any:
    response = hall.post("lena", "/escalations", hall.escalation(asset=None, job_kind=None, answers={}, **changes))
    assert response.status_code in {200, 201}, response.text
    return response.json


@pytest.mark.parametrize("moment", [MONDAY, SUNDAY_NIGHT])
def test_why_was_i_charged_twice_stays_with_level_1_at_any_hour(hall: Hall, at: Clock, moment: datetime) -> None:
    at(moment)
    answer = refer(hall, team="billing", reason="complex", summary="Why was I charged twice?")
    assert (answer["escalation"], answer["work_order"], answer["referral"]) == (None, None, None)
    assert "30 minutes" in answer["message"]
    with hall.app.app_context(), transaction() as session:
        for table in (Escalation, Referral, WorkOrder):
            assert session.scalar(select(func.count()).select_from(table)) == 0


def test_a_refund_goes_to_billing_within_its_own_hours(hall: Hall, at: Clock) -> None:
    at(SATURDAY)
    answer = refer(hall, team="billing", reason="complex", summary="Refund for the double charge")
    referral = answer["referral"]
    assert referral["team"] == "billing"
    assert referral["team_opens_at"] == "2026-12-07T08:00:00.000Z"  # Monday 09:00 in Berlin
    assert referral["promise_to"] == "2026-12-07T10:00:00.000Z"
    (message,) = hall.messages(referral["number"])
    assert message.public_text is not None
    assert "billing" in message.public_text


def test_a_slow_vps_goes_to_system_administrators_with_what_level_1_tried(hall: Hall) -> None:
    tried = "Restarted the web server, checked disk space and load."
    answer = refer(
        hall, team="system_administrators", reason="server_issue", summary="My VPS is running slowly", tried=tried
    )
    assert answer["escalation"]["tried"] == tried
    promised = datetime.fromisoformat(answer["referral"]["promise_to"]) - MONDAY
    assert timedelta(hours=1) <= promised <= timedelta(hours=2, minutes=1)


def test_a_custom_firewall_rule_set_takes_ten_to_twenty_minutes(hall: Hall) -> None:
    answer = refer(
        hall, team="system_administrators", reason="complex", summary="A custom firewall rule set for three addresses"
    )
    promised = datetime.fromisoformat(answer["referral"]["promise_to"]) - MONDAY
    assert timedelta(minutes=10) <= promised <= timedelta(minutes=21)
    assert any("10 to 20 minutes" in line for line in answer["referral"]["explanation"])


def test_a_credit_for_an_outage_needs_management(hall: Hall) -> None:
    answer = refer(hall, team="management", reason="approval", summary="Credit for Thursday's outage")
    assert answer["referral"]["team"] == "management"
    (message,) = hall.messages(answer["referral"]["number"])
    assert message.public_text is not None
    assert "management" in message.public_text.lower()


def test_a_failed_disk_on_friday_at_16_40_is_done_on_monday_morning(hall: Hall, at: Clock) -> None:
    at(FRIDAY_16_40)
    order = hall.order(summary="The disk in bay 3 has failed.")
    assert order["promise"]["from_local"] == "2026-12-07T08:00:00+01:00"
    (booked,) = hall.messages(order["number"])
    assert booked.public_text is not None
    assert "Monday 7 December 2026" in booked.public_text
    at(datetime(2026, 12, 7, 8, 0, 10, tzinfo=FRIDAY_16_40.tzinfo))
    hall.tick()
    number = order["number"]
    hall.to_matched(number)
    hall.act("tess", number, "start")
    hall.do_steps(number)
    hall.act("tess", number, "completion", outcome="repaired", removed_serial="OLD-1", installed_serial="NEW-1")
    hall.answer()
    assert hall.act("lena", number, "confirmation", decision="confirmed")["state"] == "closed"
    report = next(message for message in hall.messages(number) if message.kind == "closed_report")
    assert report.public_text is not None
    assert "repaired" in report.public_text
