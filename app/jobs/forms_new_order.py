"""Level 1's form of a new order, and what an offer is asked with while it is filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from wtforms import DateTimeLocalField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from app.core.errors import FieldError
from app.core.forms import Form, options
from app.jobs.kinds import KINDS
from app.jobs.teams import TEAMS, Priority, Reason, Team
from app.shifts.window import zone

FORM_ID: Final = "new-order"
ANSWER: Final = "answer-"
HANDS: Final = "Data center technicians"
TEAM_TITLES: Final = {Team.DATA_CENTER: HANDS} | {
    team: hours.title[0].upper() + hours.title[1:] for team, hours in TEAMS.items()
}
REASONS: Final = {
    Reason.SERVER_ISSUE: "Server issue",
    Reason.INFRASTRUCTURE: "Infrastructure: network, power, cooling",
    Reason.COMPLEX: "Complex or unusual",
    Reason.HIGH_VOLUME: "High volume",
    Reason.APPROVAL: "Needs management's approval",
}
NEEDS: Final = {
    "refund": "A refund",
    "gateway_fault": "Fault of the payment gateway",
    "explain": "Only an explanation",
}
PLACES: Final = {
    "ticket.system": "ticket_system",
    "ticket.id": "ticket_id",
    "ticket.url": "ticket_url",
    "ticket.subject": "ticket_subject",
    "ticket.opened_at": "opened_at",
}
LOCAL: Final = "%Y-%m-%dT%H:%M"
FORMATS: Final = [LOCAL, f"{LOCAL}:%S"]


class NewOrderForm(Form):
    """One page. Its fields belong to a form element that stands apart (FORM_ID), so that parts can reload."""

    ticket_system = StringField("Ticket system", [InputRequired("Say which ticket system."), Length(max=100)])
    ticket_id = StringField("Ticket number", [InputRequired("Say which ticket."), Length(max=200)])
    ticket_subject = StringField("Subject", [InputRequired("Give the ticket's subject."), Length(max=500)])
    ticket_url = StringField("Link to the ticket", [Length(max=2000)])
    channel = RadioField(
        "Came by", choices=options([("ticket", "Ticket"), ("chat", "Chat"), ("email", "E-mail")]), default="ticket"
    )
    opened_at = DateTimeLocalField("Ticket opened (UTC)", [InputRequired("Say when it was opened.")], format=FORMATS)
    asset = StringField("Tag of the machine", [Length(max=200)])
    team = RadioField("Who takes over", choices=options(TEAM_TITLES.items()), default=Team.DATA_CENTER.value)
    job_kind = RadioField(
        "Kind of job", choices=options((k.name, k.title) for k in KINDS.values()), validate_choice=False
    )
    need = RadioField("What the customer needs", choices=options(NEEDS.items()), validate_choice=False)
    not_before = DateTimeLocalField("Not before (the data center's time)", [Optional()], format=FORMATS)
    priority = RadioField(
        "Priority", choices=options((p.value, p.value.capitalize()) for p in Priority), default=Priority.NORMAL.value
    )
    reason = SelectField("Why it leaves Level 1", choices=options(REASONS.items()), default=Reason.SERVER_ISSUE.value)
    summary = TextAreaField(
        "What is wrong", [InputRequired("Say in a sentence what is wrong."), Length(max=4000)],
        description="The technician reads this first, the customer too.",
    )  # fmt: skip
    tried = TextAreaField(
        "What Level 1 already tried", [Length(max=4000)], description="So that nobody does it a second time."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self:
            field.render_kw = {**(field.render_kw or {}), "form": FORM_ID}

    def body(self, answers: Mapping[str, str], time_zone: str) -> dict[str, Any]:
        """The escalation as the contract has it; `time_zone` is the one in which "not before" was typed."""
        opened = self.opened_at.data
        return {
            "ticket": {
                "system": _text(self.ticket_system), "id": _text(self.ticket_id), "url": _text(self.ticket_url) or None,
                "subject": _text(self.ticket_subject), "channel": self.channel.data,
                "opened_at": opened.replace(tzinfo=UTC).isoformat() if opened else None,
            },
            "asset": _text(self.asset) or None,
            "job_kind": (self.job_kind.data or None) if self.team.data == Team.DATA_CENTER else None,
            "reason": self.reason.data, "priority": self.priority.data, "summary": _text(self.summary),
            "tried": _text(self.tried), "team": self.team.data, "answers": self._relevant(answers),
            "not_before": _instant(self.not_before.data, time_zone),
        }  # fmt: skip

    def _relevant(self, answers: Mapping[str, str]) -> dict[str, str]:
        """The answers of the chosen kind (another kind's may have been typed before), or the need of billing."""
        if self.team.data == Team.BILLING:
            return {"need": self.need.data} if self.need.data else {}
        kind = KINDS.get(self.job_kind.data or "")
        if self.team.data != Team.DATA_CENTER or kind is None:
            return {}
        return {q.id: answers[q.id].strip() for q in kind.questions if answers.get(q.id, "").strip()}

    def blame(self, sentence: str, errors: Sequence[FieldError]) -> None:
        """Put a refusal beside the fields that it names, else above the form."""
        named = [(PLACES.get(error.field, error.field), error.detail) for error in errors]
        for name, detail in named:
            if name in self:
                self.refuse(detail, name)
        if not any(name in self for name, _ in named):
            self.refuse(sentence)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the offer depends on, as far as it is filled in."""

    asset: str
    team: Team
    job_kind: str
    answers: Mapping[str, str]
    need: str
    summary: str
    not_before: str

    def ready_at(self, time_zone: str) -> datetime | None:
        """When work may begin at the earliest, aware UTC; None when nothing, or nothing readable, was typed."""
        try:
            typed = datetime.fromisoformat(self.not_before)
        except ValueError:
            return None
        return typed.replace(tzinfo=zone(time_zone)).astimezone(UTC)


def asked_of(given: Mapping[str, str]) -> Asked:
    """Read the fields that an offer needs out of a request, whatever was sent."""
    team = given.get("team", "")
    return Asked(
        asset=given.get("asset", "").strip(),
        team=Team(team) if team in set(Team) else Team.DATA_CENTER,
        job_kind=given.get("job_kind", ""),
        answers=answers_of(given),
        need=given.get("need", ""),
        summary=given.get("summary", ""),
        not_before=given.get("not_before", ""),
    )


def answers_of(given: Mapping[str, str]) -> dict[str, str]:
    """Answers by question, out of fields named answer-QUESTION."""
    return {name.removeprefix(ANSWER): value for name, value in given.items() if name.startswith(ANSWER)}


def _text(field: StringField) -> str:
    return (field.data or "").strip()


def _instant(typed: datetime | None, time_zone: str) -> str | None:
    return typed.replace(tzinfo=zone(time_zone)).isoformat() if typed else None
