"""What may be sent: one schema for each verb and for an escalation. Unknown fields are refused by name."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from marshmallow import Schema, ValidationError, fields, validate

from app.core.errors import FieldError, Invalid
from app.core.language import Language
from app.jobs.conflicts import Choice
from app.jobs.states import Verb
from app.jobs.teams import Priority, Reason, Team

SHORT = validate.Length(max=200)
LONG = validate.Length(max=4000)
FILLED = validate.And(validate.Length(max=4000), validate.Regexp(r"(?s).*\S", error="Write something."))
DRAWN = validate.And(  # strokes in a box of 600 x 200, as the path of an SVG: nothing else can stand in it
    validate.Length(max=20_000), validate.Regexp(r"(M\d{1,3} \d{1,3}(L\d{1,3} \d{1,3})*)+\Z", error="No drawing.")
)
YEARS = range(2000, 2200)  # calendars and databases end somewhere; nobody's ticket is older, no job is later
DECISION = ("granted", "refused")


def _one_of(values: Any) -> validate.OneOf:
    return validate.OneOf([str(v) for v in values])


class Moment(fields.AwareDateTime):
    """An instant with its offset, within the years that calendars are computed for; aware UTC."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> datetime:
        found = super()._deserialize(value, attr, data, **more)
        if found.year not in YEARS:
            raise ValidationError(f"Give an instant between the years {YEARS.start} and {YEARS.stop - 1}.")
        return found.astimezone(UTC)


def _plain(value: object) -> None:
    """Refuse what cannot stand in the record as one word: nested values, endless numbers, long texts."""
    if isinstance(value, str):
        LONG(value)
    elif not isinstance(value, bool | int) and not (isinstance(value, float) and math.isfinite(value)):
        raise ValidationError("Give a text, a number, true or false.")


def words(**more: Any) -> fields.Dict:
    """Plain values by name: answers, evidence."""
    return fields.Dict(keys=fields.String(validate=SHORT), values=fields.Raw(validate=_plain), **more)


class DeviceSchema(Schema):
    """The tablet's own count and time of an act."""

    id = fields.String(required=True, validate=validate.Length(min=1, max=100))
    seq = fields.Integer(required=True, strict=True, validate=validate.Range(min=0, max=2**53))
    at = Moment(required=True)


class VerbSchema(Schema):
    """What every verb may carry."""

    device = fields.Nested(DeviceSchema)


class AnswersSchema(VerbSchema):
    """Answers to the open questions, by question id."""

    answers = words(required=True)


class ApprovalSchema(VerbSchema):
    """A manager's decision."""

    decision = fields.String(required=True, validate=_one_of(DECISION))
    why = fields.String(validate=LONG)


class ConsentSchema(ApprovalSchema):
    """The customer's decision, with the message that says so."""

    message_url = fields.URL(schemes={"http", "https"}, require_tld=False, validate=validate.Length(max=2000))


class SightingSchema(VerbSchema):
    """What somebody sees of the machine's power."""

    power = fields.String(required=True, validate=_one_of(("on", "off")))


class PartSchema(VerbSchema):
    """A part that has come."""

    serial = fields.String(required=True, validate=validate.Length(min=1, max=200))
    location = fields.String(required=True, validate=validate.Length(min=1, max=200))


class AppointmentSchema(VerbSchema):
    """Another time, or another technician."""

    not_before = Moment(allow_none=True)
    technician = fields.String(allow_none=True, validate=SHORT)
    why = fields.String(validate=LONG)


class MatchSchema(VerbSchema):
    """What the technician saw in front of the machine. What contradicts the order may come before all was seen."""

    rack = fields.String(validate=SHORT)
    tag = fields.String(validate=SHORT)
    light = fields.String(validate=_one_of(("seen", "other", "none")))
    face = fields.String(validate=_one_of(("front", "rear")))
    serial = fields.String(allow_none=True, validate=SHORT)
    entry = fields.Dict(
        keys=fields.String(validate=SHORT), values=fields.String(validate=_one_of(("scanned", "typed")))
    )
    typed_why = fields.String(validate=SHORT)


class DiscrepancySchema(VerbSchema):
    """What stands there instead; or, from a second person, that the record is right again."""

    found = fields.String(required=True, validate=FILLED)
    photo = fields.UUID(allow_none=True)


class StepSchema(VerbSchema):
    """One step done, with its evidence."""

    id = fields.String(required=True, validate=SHORT)
    evidence = words(load_default=dict)


class HoldSchema(VerbSchema):
    """What the job waits for."""

    waiting_for = fields.String(required=True, validate=_one_of(("part", "consent", "approval", "answers")))
    why = fields.String(required=True, validate=FILLED)
    until = Moment(allow_none=True)


class AdditionSchema(VerbSchema):
    """A second job found with the chassis open."""

    job_kind = fields.String(required=True, validate=SHORT)
    why = fields.String(required=True, validate=FILLED)
    answers = words(load_default=dict)


class EscalationVerbSchema(VerbSchema):
    """A call for help from the rack."""

    team = fields.String(required=True, validate=_one_of((Team.SYSTEM_ADMINISTRATORS, Team.MANAGEMENT, Team.BILLING)))
    why = fields.String(required=True, validate=FILLED)


class LeavingSchema(VerbSchema):
    """Why a machine is left with another power than it was found with, and who decided it."""

    power_why = fields.String(allow_none=True, validate=LONG)
    power_by = fields.String(allow_none=True, validate=SHORT)


class HandoverSchema(LeavingSchema):
    """Left for the next technician, in a safe state."""

    why = fields.String(required=True, validate=FILLED)
    safe_state = fields.String(required=True, validate=FILLED)


class CompletionSchema(LeavingSchema):
    """What came of it."""

    outcome = fields.String(required=True, validate=_one_of(("repaired", "not_repaired", "no_fault_found")))
    removed_serial = fields.String(allow_none=True, validate=SHORT)
    installed_serial = fields.String(allow_none=True, validate=SHORT)
    note = fields.String(allow_none=True, validate=LONG)
    signed_name = fields.String(allow_none=True, validate=SHORT)
    signature = fields.String(allow_none=True, validate=DRAWN)


class ClosureSchema(VerbSchema):
    """A person accepts what the machine did not prove."""

    accept_unverified = fields.Boolean(required=True)
    why = fields.String(required=True, validate=FILLED)


class ConfirmationSchema(VerbSchema):
    """What the customer says."""

    decision = fields.String(required=True, validate=_one_of(("confirmed", "not_fixed")))
    why = fields.String(validate=LONG)


class WhySchema(VerbSchema):
    """A reason, for the record."""

    why = fields.String(required=True, validate=FILLED)


class NoteSchema(VerbSchema):
    """A remark; public ones reach the customer."""

    text = fields.String(required=True, validate=FILLED)
    public = fields.Boolean(load_default=False)


class ResolutionSchema(VerbSchema):
    """Which version of a step stands; `version` is the conflict's, as it was looked at."""

    conflict = fields.Integer(required=True, strict=True, validate=validate.Range(min=1, max=2**62))
    version = fields.Integer(strict=True, validate=validate.Range(min=1, max=2**62))
    choice = fields.String(required=True, validate=_one_of(Choice))
    why = fields.String(required=True, validate=FILLED)


SCHEMAS: Mapping[Verb, type[VerbSchema]] = {
    Verb.ANSWERS: AnswersSchema,
    Verb.APPROVAL: ApprovalSchema,
    Verb.CONSENT: ConsentSchema,
    Verb.PART: PartSchema,
    Verb.APPOINTMENT: AppointmentSchema,
    Verb.RELEASE: VerbSchema,
    Verb.CLAIM: VerbSchema,
    Verb.MATCH: MatchSchema,
    Verb.DISCREPANCY: DiscrepancySchema,
    Verb.START: VerbSchema,
    Verb.STEP: StepSchema,
    Verb.SHUTDOWN: VerbSchema,
    Verb.SIGHTING: SightingSchema,
    Verb.HOLD: HoldSchema,
    Verb.ADDITION: AdditionSchema,
    Verb.ESCALATION: EscalationVerbSchema,
    Verb.HANDOVER: HandoverSchema,
    Verb.COMPLETION: CompletionSchema,
    Verb.CLOSURE: ClosureSchema,
    Verb.CONFIRMATION: ConfirmationSchema,
    Verb.REOPENING: WhySchema,
    Verb.CANCELLATION: WhySchema,
    Verb.NOTE: NoteSchema,
    Verb.RESOLUTION: ResolutionSchema,
}


class TicketSchema(Schema):
    """The ticket that the customer wrote."""

    system = fields.String(required=True, validate=validate.Length(min=1, max=100))
    id = fields.String(required=True, validate=validate.Length(min=1, max=200))
    url = fields.URL(allow_none=True, schemes={"http", "https"}, require_tld=False, validate=validate.Length(max=2000))
    subject = fields.String(required=True, validate=validate.Length(min=1, max=500))
    channel = fields.String(load_default="ticket", validate=_one_of(("ticket", "chat", "email")))
    opened_at = Moment(required=True)
    language = fields.String(allow_none=True, load_default=None, validate=_one_of(Language))


class EscalationSchema(Schema):
    """What Level 1 asks of another team."""

    ticket = fields.Nested(TicketSchema, required=True)
    asset = fields.String(allow_none=True, load_default=None, validate=SHORT)
    job_kind = fields.String(allow_none=True, load_default=None, validate=SHORT)
    reason = fields.String(required=True, validate=_one_of(Reason))
    priority = fields.String(load_default=Priority.NORMAL.value, validate=_one_of(Priority))
    summary = fields.String(required=True, validate=FILLED)
    tried = fields.String(load_default="", validate=LONG)
    answers = words(load_default=dict)
    not_before = Moment(allow_none=True, load_default=None)
    team = fields.String(load_default=Team.DATA_CENTER.value, validate=_one_of(Team))


class AnswerSchema(Schema):
    """What a team answers to a referral; the customer reads it, unless the call came from the rack."""

    text = fields.String(required=True, validate=FILLED)


def read(schema: type[Schema], body: object) -> dict[str, Any]:
    """Check a body against a schema; raises Invalid naming every wrong field."""
    if not isinstance(body, Mapping):
        raise Invalid("invalid", "The body must be a JSON object.")
    try:
        loaded: dict[str, Any] = schema().load(body)
    except ValidationError as error:
        raise Invalid(
            "invalid",
            "Some fields cannot be accepted as they are.",
            list(_flat(cast("Mapping[str, Any]", error.messages))),
        ) from error
    return loaded


def _flat(messages: Mapping[Any, Any], path: str = "") -> list[FieldError]:
    found: list[FieldError] = []
    for key, value in messages.items():
        name = f"{path}.{key}" if path else str(key)
        if isinstance(value, Mapping):
            found += _flat(value, name)
        else:
            found += [FieldError(name, _code(str(m)), str(m)) for m in value]
    return found


def _code(message: str) -> str:
    if message.startswith("Missing data"):
        return "required"
    return "unknown" if message.startswith("Unknown field") else "invalid"


def read_verb(verb: Verb, body: object) -> dict[str, Any]:
    """Check the body of a verb; raises Invalid naming every wrong field."""
    return read(SCHEMAS[verb], body)
