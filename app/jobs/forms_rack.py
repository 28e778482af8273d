"""Forms of the technicians' pages. Each fills the body of one verb; the verb's schema stays the judge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from app.core.errors import AppError, FieldError, Invalid
from app.core.forms import Form, options
from app.jobs.kinds import KINDS
from app.jobs.states import Verb
from app.jobs.teams import TEAMS, Team

CODE = Length(max=200)
LONG = Length(max=4000)
TYPED_WHY = options(
    [
        ("", "Choose why"),
        ("label_unreadable", "The label cannot be read"),
        ("label_missing", "There is no label"),
        ("no_scanner", "Camera or scanner does not work"),
        ("out_of_reach", "The label is out of reach"),
    ]
)
SCAN = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "data-scan": True}


def _stripped(value: str | None) -> str | None:
    return value.strip() if value else value


def _code(label: str, required: str | None = None, hint: str = "") -> StringField:
    first = InputRequired(required) if required else Optional()
    return StringField(label, [first, CODE], filters=[_stripped], description=hint, render_kw=SCAN)


def _told(label: str, required: str, hint: str = "") -> TextAreaField:
    return TextAreaField(label, [InputRequired(required), LONG], filters=[_stripped], description=hint)


class VerbForm(Form):
    """A page's form of one verb: its words, and the body it sends."""

    title: ClassVar[str]
    lead: ClassVar[str] = ""
    press: ClassVar[str]
    done: ClassVar[str]

    def body(self) -> dict[str, Any]:
        """What was filled in, for the verb's schema."""
        return {name: value for name, value in self.data.items() if value not in (None, "")}

    def refusal(self) -> Invalid:
        """What is wrong with what was typed, for a tablet's queue."""
        named = [FieldError(name or "", "invalid", str(text)) for name, told in self.errors.items() for text in told]
        return Invalid("invalid", " ".join(error.detail for error in named), named)

    def take(self, refusal: AppError) -> None:
        """Show a refusal at the fields it names, else about the whole form."""
        named = [error for error in refusal.errors if error.field in self]
        for error in named:
            self.refuse(error.detail, error.field)
        if not named:
            self.refuse(refusal.detail)


class MatchForm(VerbForm):
    """What stands in front of the technician."""

    title, press, done = "Is it the right machine?", "Check the server", "This is the machine of the order."
    rack = _code("Rack label")
    tag = _code("Server tag")
    light = RadioField(
        "Does its ID LED blink?",
        [Optional()],
        choices=options([("seen", "Yes, this one"), ("other", "Another one"), ("none", "No light")]),
    )
    face = RadioField("You stand at the", [Optional()], choices=options([("front", "Front"), ("rear", "Rear")]))
    serial = _code("Serial on the pull-out tag")
    rack_entry, tag_entry, serial_entry = HiddenField(), HiddenField(), HiddenField()
    typed_why = SelectField("Typed, because", choices=TYPED_WHY, validate_choice=False)

    def body(self) -> dict[str, Any]:
        """Each code with how it came: by camera or hand scanner, or typed with a reason."""
        given = super().body()
        came = {name: given.pop(f"{name}_entry", "typed") for name in ("rack", "tag", "serial")}
        entry = {name: came[name] for name in came if name in given}
        if "typed" not in entry.values():
            given.pop("typed_why", None)
        return {**given, "entry": entry}


class DiscrepancyForm(VerbForm):
    """Something else stands there."""

    title, press = "Report a discrepancy", "Report it and stop"
    lead = "All stops until a second person has corrected the record."
    done = "Reported. A second person corrects the record first."
    found = _told("What did you find?", "Say what stands there.", "Which tag, which serial, in which rack and unit?")


class CorrectionForm(DiscrepancyForm):
    """The second person's word that the record is right again."""

    title, press, done = "Correct the record", "The record is right now", "The discrepancy is closed."
    lead = "Look with your own eyes, correct the asset, then say what you did."
    found = _told("What did you find and correct?", "Say what you found.")


class HoldForm(VerbForm):
    """What the job waits for."""

    title, press, done = "Put on hold", "Put on hold", "On hold. The appointment is given back."
    lead = "The order leaves your hands; it is booked again when what it waits for is there. The customer is told."
    waiting_for = RadioField(
        "Waiting for",
        [InputRequired("What does it wait for?")],
        choices=options(
            [
                ("part", "A part"),
                ("consent", "The customer"),
                ("approval", "A manager"),
                ("answers", "Level 1's answer"),
            ]
        ),
    )
    why = _told("Why?", "Say why: others read it.")


class LeavingForm(VerbForm):
    """A machine is left; why its power is another than it has to be is asked only when it is."""

    power_why = TextAreaField("Why is it left so?", [Optional(), LONG], filters=[_stripped])
    power_by = StringField("Who decided it?", [CODE], filters=[_stripped], render_kw={"autocomplete": "off"})

    @property
    def asks_power(self) -> bool:
        """True once it was refused for its power, or an answer stands there."""
        return bool(self.power_why.errors or self.power_by.errors or self.power_why.data or self.power_by.data)


class HandoverForm(LeavingForm):
    """Left for the next technician."""

    title, press, done = "Hand over", "Hand over", "Handed over and booked again."
    lead = "Leave the machine so that it runs safely overnight. Manager and customer are told at once."
    safe_state = _told("Safe state", "Say in which state the machine stands.", "What is in, what is out, what runs?")
    why = _told("Why?", "Say why it is not finished.")


class HelpForm(VerbForm):
    """A call for help from the rack."""

    title, press = "Call for help", "Call now"
    done = "Called. They see the diagnostics, the photos and the step you are at."
    lead = "They get the order with diagnostics, photos and the open step. Your job stays as it is."
    team = RadioField(
        "Who?",
        default=str(Team.SYSTEM_ADMINISTRATORS),
        choices=options(
            [(str(Team.SYSTEM_ADMINISTRATORS), "System administrators"), (str(Team.MANAGEMENT), "Management")]
        ),
    )
    why = _told("What is wrong?", "Say in a sentence what is wrong.")


TEAM_HOURS = {str(team): f"{hours.hours} {hours.time_zone}" for team, hours in TEAMS.items()}


class AdditionForm(VerbForm):
    """A second job on the open chassis."""

    title, press, done = "Add a job", "Add it", "Added. The server check counts for it too."
    lead = "For a second fault on the same machine. It becomes its own order and keeps the server check."
    job_kind = RadioField(
        "Which job?",
        [InputRequired("Which job?")],
        choices=options((kind.name, kind.title) for kind in KINDS.values()),
    )
    part = _code("Which part", hint="Bay, power supply, port or outlet, by its number.")
    why = _told("What did you find?", "Say what is wrong.")

    def offer(self, minutes: Mapping[str, int]) -> None:
        """Say how long each kind of job takes, by its published procedure."""
        self.job_kind.choices = options(
            (kind.name, f"{kind.title}, {minutes[kind.name]} min") for kind in KINDS.values()
        )

    def body(self) -> dict[str, Any]:
        """The part answers the kind's own question."""
        kind = KINDS[self.job_kind.data]
        answers = {kind.target_question: self.part.data} if kind.target_question and self.part.data else {}
        return {"job_kind": kind.name, "why": self.why.data, "answers": answers}


class SightingForm(VerbForm):
    """What is seen of the machine's power."""

    title, press = "What do you see?", "Keep what I see"
    lead = "Whoever holds the order takes a photo of the front first. A second person needs none: they look themselves."
    done = "Kept: it counts for five minutes."
    power = RadioField(
        "Lights and fans",
        [InputRequired("Say what you see.")],
        choices=options([("off", "All dark and still: it is off"), ("on", "A light burns or a fan turns: it is on")]),
    )


class ShutdownForm(VerbForm):
    """The machine's own shutdown."""

    title, press = "Shut the machine down", "Ask it to shut down"
    lead = (
        "Its operating system is asked to shut down, once. Then it is read until BMC and outlets say that it is off, "
        "ten minutes at most. The customer agreed to it; it goes on record with your name."
    )
    done = "Asked. The card Power shows how far it is."


class NoteForm(VerbForm):
    """A remark."""

    title, press, done = "Write a note", "Keep the note", "The note is kept."
    text = _told("Note", "The note is empty.")
    public = BooleanField("The customer may read this")


class PartForm(VerbForm):
    """A part that has come."""

    title, press, done = "The part is here", "The part is here", "Thank you. The order is booked."
    serial = _code("Serial of the part", "Scan or type the part's serial.")
    location = _code("Where it lies", "Say where the part lies.")


class CompletionForm(LeavingForm):
    """What came of it."""

    title, press = "What came of it?", "Complete"
    done = "Completed. The machine is asked again: it has to prove the repair."
    outcome = RadioField(
        "Outcome",
        [InputRequired("Say what came of it.")],
        choices=options(
            [("repaired", "Repaired"), ("not_repaired", "Not repaired"), ("no_fault_found", "No fault found")]
        ),
    )
    removed_serial = _code("Serial taken out")
    installed_serial = _code("Serial put in")
    note = TextAreaField("Note", [Optional(), LONG], filters=[_stripped])
    signature = HiddenField("Signature", [Optional()])
    signed_name = StringField("Or type your name", [CODE], filters=[_stripped], render_kw={"autocomplete": "off"})

    def validate_signed_name(self, field: StringField) -> None:
        """Signed by hand or by name."""
        if not (field.data or self.signature.data):
            raise ValidationError("Sign it: draw your name, or type it.")

    def only_no_fault(self) -> CompletionForm:
        """Before work has started nothing else can be reported."""
        self.outcome.choices = options([("no_fault_found", "No fault found")])
        return self


FORMS: dict[Verb, type[VerbForm]] = {
    Verb.DISCREPANCY: DiscrepancyForm,
    Verb.HOLD: HoldForm,
    Verb.HANDOVER: HandoverForm,
    Verb.ESCALATION: HelpForm,
    Verb.ADDITION: AdditionForm,
    Verb.NOTE: NoteForm,
    Verb.SHUTDOWN: ShutdownForm,
    Verb.SIGHTING: SightingForm,
    Verb.PART: PartForm,
    Verb.COMPLETION: CompletionForm,
}
