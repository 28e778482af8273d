"""The form of a procedure: its steps, one block each, and why the next version is published."""

from __future__ import annotations

from typing import Any

from wtforms import (
    BooleanField,
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms import (
    Form as Block,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app.core.forms import Form, options
from app.jobs.kind import Evidence, StepTemplate
from app.jobs.procedure import MOST_STEPS, WORDS

PROVES = {
    Evidence.TICK: "A tick", Evidence.SCAN: "A scan", Evidence.PHOTO: "A photo", Evidence.READING: "A reading",
    Evidence.SERIAL: "A serial number", Evidence.SECOND_PERSON: "A second person, on their own sign-in",
}  # fmt: skip
RESERVED = NumberRange(0, 240, "Give 0 to 240 minutes.")
SHORT, LONG = Length(max=200), Length(max=1000)


class StepBlock(Block):
    """One step."""

    id = HiddenField(validators=[Length(max=60)])
    title = StringField("What to do", [InputRequired("Every step says what to do."), SHORT])
    evidence = SelectField("What proves it", choices=options([(str(kind), words) for kind, words in PROVES.items()]))
    destructive = BooleanField("Point of no return: cannot be undone")
    must_be_off = BooleanField("The machine must be off")
    hint = TextAreaField("How", [Optional(), LONG])
    expect = TextAreaField("What is seen afterwards", [Optional(), LONG])
    problem = TextAreaField("If it is not seen", [Optional(), LONG])
    back_out = TextAreaField("The way back", [Optional(), LONG])
    within_s = IntegerField("Seconds after the step before", [Optional(), NumberRange(1, 3600)])


class ProcedureForm(Form):
    """The steps and minutes of the next version. `seen` is the version that was edited."""

    seen = HiddenField()
    verify_minutes = IntegerField("Minutes for the proof", [InputRequired("Say how long."), RESERVED])
    back_out_minutes = IntegerField("Minutes for the way back", [InputRequired("Say how long."), RESERVED])
    steps = FieldList(FormField(StepBlock), max_entries=MOST_STEPS)
    why = TextAreaField("Why is it changed?", [InputRequired("Say why: it goes on record."), LONG])

    def templates(self) -> tuple[StepTemplate, ...]:
        """The steps as they were typed; a new one gets a name of its own."""
        return tuple(_template(row, place) for place, row in enumerate(self.rows()))

    def rows(self) -> list[dict[str, Any]]:
        """The blocks' values, in their order."""
        return [dict(entry.data) for entry in self.steps]


def _template(row: dict[str, Any], place: int) -> StepTemplate:
    words = {name: (row.get(name) or "").strip() or None for name in WORDS}
    title = words.pop("title") or ""
    return StepTemplate(
        row.get("id") or f"step_{place + 1}", title, Evidence(row["evidence"]), bool(row.get("destructive")),
        within_s=row.get("within_s"), must_be_off=bool(row.get("must_be_off")), **words,
    )  # fmt: skip


def moved(rows: list[dict[str, Any]], act: str) -> list[dict[str, Any]]:
    """The blocks after a press on one of their buttons: `up:2`, `down:0`, `add:1` (after it), `remove:3`."""
    verb, _, number = act.partition(":")
    if not number.isdecimal() or int(number) >= len(rows):
        return rows
    place, rows = int(number), list(rows)
    if verb == "remove":
        del rows[place]
    elif verb == "add":
        taken = {row.get("id") for row in rows}
        fresh = next(f"step_{n}" for n in range(1, MOST_STEPS * 3) if f"step_{n}" not in taken)
        rows.insert(place + 1, {"id": fresh, "evidence": "tick"})
    elif verb in {"up", "down"}:
        other = place + (1 if verb == "down" else -1)
        if 0 <= other < len(rows):
            rows[place], rows[other] = rows[other], rows[place]
    return rows
