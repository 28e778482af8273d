"""The office's pages: the inbox, a new order with its offer, an order's verbs, the queue, the board."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.core.database import transaction
from app.tickets.models import Message
from tests.integration.conftest import Program
from tests.integration.jobs.conftest import FRIDAY_16_40, SATURDAY, Hall
from tests.unit.hardware.samples import server_with_lost_input

Clock = Callable[[datetime], None]


def page(hall: Hall, who: str, path: str, status: int = 200) -> str:
    """A page as somebody sees it."""
    answer = hall.programs[who].get(path)
    assert answer.status_code == status, (path, answer.status_code, answer.text[:600])
    return " ".join(answer.text.split())


def send(hall: Hall, who: str, path: str, **fields: str) -> TestResponse:
    """Send a form as somebody."""
    program: Program = hall.programs[who]
    return program.client.post(path, data=fields, headers={"Authorization": f"Bearer {program.token}"})


def led_to(answer: TestResponse) -> str:
    """Where a well sent form leads."""
    assert answer.status_code == 303, " ".join(answer.text.split())[:3000]
    return answer.headers["Location"]


def filled(**changes: str) -> dict[str, str]:
    """Level 1's form for a failed disk."""
    return {
        "ticket_system": "console", "ticket_id": "48213", "ticket_subject": "Array degraded", "channel": "ticket",
        "opened_at": "2026-11-30T07:50", "asset": "SRV-1", "team": "data_center", "job_kind": "disk_swap",
        "answer-bay": "3", "priority": "high", "reason": "server_issue", "summary": "Disk in bay 3 has failed.",
        "tried": "Read the controller's log.", **changes,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "who"),
    [
        ("/inbox", "lena"), ("/orders/new", "lena"), ("/orders", "lena"), ("/orders", "tess"), ("/orders", "sam"),
        ("/orders", "max"), ("/queue", "sam"), ("/queue", "max"), ("/queue", "lena"),
    ],
)  # fmt: skip
def test_everybody_sees_the_pages_of_their_role(hall: Hall, path: str, who: str) -> None:
    assert "<h1>" in page(hall, who, path)


@pytest.mark.parametrize(
    ("path", "who"),
    [("/inbox", "tess"), ("/inbox", "max"), ("/orders/new", "sam"), ("/queue", "tess"), ("/orders", "ada")],
)
def test_pages_of_other_roles_are_refused(hall: Hall, path: str, who: str) -> None:
    assert hall.programs[who].get(path).status_code == 403
