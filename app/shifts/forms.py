"""Forms of the sites' pages. Hours and zones are checked by the arithmetic that will use them."""

from __future__ import annotations

from collections.abc import Callable

from wtforms import DateField, Field, StringField
from wtforms.validators import InputRequired, Length, Optional, Regexp, ValidationError

from app.core.errors import Invalid
from app.core.forms import Form
from app.shifts.window import DEFAULT_HOURS, parse_hours, zone


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
