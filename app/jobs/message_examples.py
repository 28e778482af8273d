"""Example values for the preview of messages: a disk swap in Amsterdam, and a question to the administrators. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from app.jobs.messages import ABOUT_ORDERS, ABOUT_REFERRALS, OrderFacts, ReferralFacts


def _at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


_ORDER: Final = OrderFacts(
    number="WO-2026-000417",
    title="Disk swap",
    server="AMS-0042",
    site_name="Amsterdam 1",
    time_zone="Europe/Amsterdam",
    minutes=30,
    promise=(_at(30, 7), _at(30, 9)),
    promise_finish=_at(30, 9, 30),
    explanation=("Fri 16:40 Amsterdam: 30 min do not fit before 17:00", "Mon 08:00 Amsterdam is the next opening"),
)
_DONE: Final = replace(
    _ORDER, started_at=_at(30, 7, 5), finished_at=_at(30, 7, 31), done="Disk swap", outcome="repaired"
)
_OTHERS: Final[Mapping[str, OrderFacts]] = {
    "acknowledged": OrderFacts(
        "", "", "", "", "UTC", next_steps="a Level 1 engineer reads it and answers you here, at any hour."
    ),
    "moved": replace(_ORDER, previous=(_at(27, 13), _at(27, 15)), why="The data center is closed on that day."),
    "waiting": replace(
        _ORDER, waiting_for="part", waiting_who="Level 1", waiting_until=_at(30, 12),
        next_steps="once the part is here, it is booked and we tell you the time.",
    ),
    "started": replace(_ORDER, started_at=_at(30, 7, 5)),
    "progress": replace(_ORDER, status="It still has to wait; nothing was forgotten."),
    "late": replace(
        _ORDER, previous=(_at(27, 13), _at(27, 15)), why="Our technicians could not start in time.",
        next_steps="we tell you here as soon as there is news.",
    ),
    "finished": _DONE,
    "handed_over": replace(_ORDER, why="The part did not fit.", safe_state="The server runs on one disk."),
    "closed_report": replace(
        _DONE, found="Drive 3 has failed.", before="Drive 3 has failed.", after="No fault found.",
        confirm_by=_at(30, 16),
    ),
    "closed": replace(_ORDER, why="no objection within the stated time"),
    "reopened": replace(_ORDER, why="not fixed, says the customer"),
    "cancelled": replace(_ORDER, why="The customer has moved to another server."),
    "remark": replace(_ORDER, why="The new disk is on its way to the data center."),
}  # fmt: skip
_REFERRAL: Final = ReferralFacts(
    number="REF-2026-000003",
    team="Level 3 system administrators",
    time_zone="Europe/Berlin",
    why="A custom firewall rule set is wanted.",
    next_steps="A system administrator looks into it and answers in this ticket.",
    opens_at=_at(30, 7),
    promise_to=_at(30, 7, 20),
    explanation=("Mon 08:00 Berlin is the next opening",),
    answer="The rule set is in place.",
)
EXAMPLES: Final[Mapping[str, OrderFacts | ReferralFacts]] = {
    **{name: _OTHERS.get(name, _ORDER) for name in ABOUT_ORDERS},
    **dict.fromkeys(ABOUT_REFERRALS, _REFERRAL),
}
