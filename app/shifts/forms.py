"""Forms of the sites' pages. Hours and zones are checked by the arithmetic that will use them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, Self

from wtforms import DateField, DateTimeLocalField, Field, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional, Regexp, ValidationError

from app.core.errors import Invalid
from app.core.forms import Form, options
from app.people.models import Person
from app.shifts.window import DEFAULT_HOURS, parse_hours, zone

MINUTES: Final = "%Y-%m-%dT%H:%M"


def checked_by(check: Callable[[str], object]) -> Callable[[Form, Field], None]:
    """A validator that says what `check` says."""

    def validate(_form: Form, field: Field) -> None:
        try:
            check(str(field.data))
        except Invalid as refusal:
            raise ValidationError(refusal.detail) from refusal

    return validate


class SiteForm(Form):
    """A data center's name, place and hours."""

    name = StringField("Name", [InputRequired("The name is missing."), Length(max=100)])
    time_zone = StringField("Time zone", [InputRequired("Like Europe/Amsterdam."), checked_by(zone)])
    hours = StringField(
        "Hours", [InputRequired(f"Like {DEFAULT_HOURS}."), checked_by(parse_hours)], default=DEFAULT_HOURS
    )
    country = StringField("Country", [Optional(), Regexp("^[A-Z]{2}$", message="Two capital letters, like NL.")])
    subdivision = StringField("Part of the country", [Optional(), Regexp("^[A-Z0-9]{1,3}$", message="Like HE.")])


class NewSiteForm(SiteForm):
    """A new data center."""

    code = StringField("Code", [InputRequired("The code is missing."), Length(2, 16)])


class ClosedDayForm(Form):
    """A day on which nobody works."""

    day = DateField("Day", [InputRequired("Like 2026-12-25.")])
    reason = StringField("Why", [InputRequired("Say why, like Inventory."), Length(max=100)])


def of_our_time(_form: Form, field: Field) -> None:
    """A validator against a year that was mistyped: 0026 or 20262."""
    if field.data and not 2000 <= field.data.year <= 2999:
        raise ValidationError("A day from 2000 to 2999.")


class ShiftForm(Form):
    """From when on who works which weekly hours."""

    technician = SelectField("Technician", [InputRequired("Choose a technician.")])
    hours = StringField(
        "Hours", [InputRequired(f"Like {DEFAULT_HOURS}."), checked_by(parse_hours)], default=DEFAULT_HOURS
    )
    first_day = DateField("From", [InputRequired("The first day, like 2026-12-01."), of_our_time])

    def offer(self, people: Iterable[Person]) -> Self:
        """Let one of these be put on the roster."""
        self.technician.choices = options((person.name, person.full_name) for person in people)
        return self


class AbsenceForm(Form):
    """When somebody is not there, in the site's time."""

    absent = SelectField("Who is away", [InputRequired("Choose a technician.")])
    starts = DateTimeLocalField("Away from", [InputRequired("When it begins."), of_our_time], format=MINUTES)
    ends = DateTimeLocalField("Away until", [InputRequired("When it ends."), of_our_time], format=MINUTES)
    reason = StringField("Why", [Optional(), Length(max=100)])

    def offer(self, people: Iterable[Person]) -> Self:
        """Let one of these be away."""
        self.absent.choices = options((person.name, person.full_name) for person in people)
        return self
