"""The office's verbs as small forms: one class for each, and the words of its page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from wtforms import (
    BooleanField,
    DateTimeLocalField,
    Field,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from app.core.forms import Form, options
from app.jobs.forms_new_order import FORMATS
from app.jobs.kinds import KINDS
from app.jobs.models import WorkOrder
from app.jobs.states import Verb
from app.people.models import Person
from app.shifts.window import zone

FROM_RACK: Final = "asked_at_the_rack"  # the answer to what the rack asked stands beside the kind's own answers
WHY: Final = [InputRequired("Say why: it goes on record."), Length(max=4000)]
SAID: Final = "The customer reads this."


class VerbForm(Form):
    """A verb's form. `version` is the order as the person saw it: a change since then is a refusal, not an accident."""

    version = HiddenField()

    def offer(self, order: WorkOrder, technicians: Iterable[Person]) -> None:
        """Fill in the choices that depend on the order."""

    def body(self, order: WorkOrder) -> dict[str, Any]:  # noqa: ARG002 -- for those who need its site's zone
        """What was given, as the verb's schema reads it; what was left empty is left out."""
        given = {name: value for name, value in self.data.items() if name != "version"}
        return {name: value for name, value in given.items() if value not in (None, "")}

    @property
    def shown(self) -> list[Field]:
        """The fields that the page draws."""
        return [field for field in self if field.name != "version"]


class ApprovalForm(VerbForm):
    """A manager's yes or no."""

    decision = RadioField(
        "Decision", [InputRequired("Choose one.")],
        choices=options([("granted", "Yes, do it"), ("refused", "No: the order ends")]),
    )  # fmt: skip
    why = TextAreaField("Why", [Length(max=4000)], description="Needed for a no: the customer reads it.")

    def validate_why(self, field: Field) -> None:
        """A no without a reason helps nobody."""
        if self.decision.data == "refused" and not (field.data or "").strip():
            raise ValidationError("Say why not: the customer reads it.")


class ConsentForm(ApprovalForm):
    """The customer's yes or no."""

    decision = RadioField(
        "What the customer says", [InputRequired("Choose one.")],
        choices=options([("granted", "Yes, go ahead"), ("refused", "No: the order ends")]),
    )  # fmt: skip
    why = TextAreaField("Why", [Length(max=4000)], description="Needed for a no: the customer reads it.")
    message_url = StringField("Link to the message that says so", [Length(max=2000)])


class PartForm(VerbForm):
    """The part has come."""

    serial = StringField(
        "Serial number of the part", [InputRequired("Read it from the part's label."), Length(max=200)]
    )
    location = StringField("Where it lies", [InputRequired("Say where the technician finds it."), Length(max=200)])


class AppointmentForm(VerbForm):
    """Another time, or another technician."""

    not_before = DateTimeLocalField("Not before", [Optional()], format=FORMATS)
    technician = SelectField("Technician", validate_choice=False)
    why = TextAreaField("Why", WHY, description="The customer reads this when the promised time changes.")

    def offer(self, order: WorkOrder, technicians: Iterable[Person]) -> None:
        """Only who is rostered at the site, and the site's own time."""
        named = [(person.name, person.full_name) for person in technicians]
        self.technician.choices = options([("", "Whoever is free first"), *named])
        self.not_before.label.text = f"Not before ({order.site.time_zone.rpartition('/')[2]} time)"

    def body(self, order: WorkOrder) -> dict[str, Any]:
        """The time as typed is the site's."""
        given = super().body(order)
        typed: datetime | None = self.not_before.data
        if typed is not None:
            given["not_before"] = typed.replace(tzinfo=zone(order.site.time_zone)).isoformat()
        return given


class HoldForm(VerbForm):
    """What it waits for."""

    waiting_for = RadioField(
        "Wait for", [InputRequired("Choose one.")],
        choices=options([
            ("part", "A part"), ("consent", "The customer's agreement"), ("approval", "A manager's approval"),
            ("answers", "An answer from Level 1"),
        ]),
    )  # fmt: skip
    why = TextAreaField("Why", WHY, description=SAID)


class ClosureForm(VerbForm):
    """A person takes the machine's place as proof."""

    accept_unverified = BooleanField("I looked at the diagnostics and accept the work without the machine's proof")
    why = TextAreaField("What makes you sure", WHY)

    def validate_accept_unverified(self, field: Field) -> None:
        """Closing means accepting; otherwise there is nothing to send."""
        if not field.data:
            raise ValidationError("Tick it, or leave the order open.")


class ConfirmationForm(VerbForm):
    """What the customer says."""

    decision = RadioField(
        "What the customer says", [InputRequired("Choose one.")],
        choices=options([("confirmed", "It works"), ("not_fixed", "It is not fixed: book it again")]),
    )  # fmt: skip
    why = TextAreaField("In the customer's words", [Length(max=4000)])


class WhyForm(VerbForm):
    """A reason, nothing else."""

    why = TextAreaField("Why", WHY, description=SAID)


class NoteForm(VerbForm):
    """A remark."""

    text = TextAreaField("Note", [InputRequired("Write something."), Length(max=4000)])
    public = BooleanField("Send it to the customer too")


@dataclass(frozen=True, slots=True)
class VerbPage:
    """The words of one verb's page: its name in lists, what it does, the button, whether it ends something."""

    title: str
    text: str
    button: str
    form: type[VerbForm]
    danger: bool = False


PAGES: Final[Mapping[Verb, VerbPage]] = {
    Verb.ANSWERS: VerbPage("Give the answers", "With the answers it is booked at once.", "Send the answers", VerbForm),
    Verb.APPROVAL: VerbPage("Approve or refuse", "A yes books it; a no ends it.", "Record the decision", ApprovalForm),
    Verb.CONSENT: VerbPage(
        "The customer's agreement", "A yes books it; a no ends it.", "Record the answer", ConsentForm
    ),
    Verb.PART: VerbPage("The part has come", "Then it is booked.", "Book it", PartForm),
    Verb.CONFIRMATION: VerbPage(
        "The customer's confirmation", "A yes closes the order; a no books the same order again.", "Record it",
        ConfirmationForm,
    ),
    Verb.CLOSURE: VerbPage(
        "Accept without proof", "The diagnostics after the work did not prove the repair. You may still accept it.",
        "Accept it", ClosureForm,
    ),
    Verb.APPOINTMENT: VerbPage(
        "Move the appointment", "The earliest time from then on is booked. The customer hears only of a new promise.",
        "Book the new time", AppointmentForm,
    ),
    Verb.RELEASE: VerbPage(
        "Release it now", "A technician may take it before its appointment.", "Release it", VerbForm
    ),
    Verb.HOLD: VerbPage("Put it on hold", "The appointment is given back.", "Put it on hold", HoldForm),
    Verb.SHUTDOWN: VerbPage(
        "Shut the machine down",
        "Its operating system is asked to shut down, once, and read until it is off. The customer agreed to it.",
        "Ask it to shut down", VerbForm, danger=True,
    ),
    Verb.REOPENING: VerbPage("Open it again", "The same order is booked again.", "Open it again", WhyForm),
    Verb.NOTE: VerbPage("Write a note", "It stays in the record for ever.", "Write it", NoteForm),
    Verb.CANCELLATION: VerbPage(
        "Cancel the order", "The appointment is given back and the customer is told. This cannot be undone.",
        "Cancel the order", WhyForm, danger=True,
    ),
}  # fmt: skip
"""The verbs that the office does, in the order in which they are offered."""


def form_of(verb: Verb, order: WorkOrder) -> type[VerbForm]:
    """The form class of a verb; that of `answers` is made of the order's own open questions."""
    return _answers_form(order) if verb == Verb.ANSWERS else PAGES[verb].form


def _answers_form(order: WorkOrder) -> type[VerbForm]:
    kind = KINDS[order.job_kind]
    asked = [(FROM_RACK, order.open_question, True)] if order.open_question else []
    asked += [(question.id, question.text, question.required) for question in kind.questions]
    fields = {
        f"answer_{name}": TextAreaField(
            text,
            [InputRequired("Answer this."), Length(max=4000)] if required else [Length(max=4000)],
            default=order.answers.get(name, ""),
        )
        for name, text, required in asked
    }

    def body(self: VerbForm, _order: WorkOrder) -> dict[str, Any]:
        return {"answers": {field.name.removeprefix("answer_"): (field.data or "").strip() for field in self.shown}}

    return type("AnswersForm", (VerbForm,), {**fields, "body": body})
