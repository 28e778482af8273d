"""Forms of people's pages."""

from __future__ import annotations

from collections.abc import Iterable

from wtforms import HiddenField, IntegerField, PasswordField, SelectField, StringField
from wtforms.validators import EqualTo, InputRequired, Length, NumberRange, Optional

from app.core.forms import Form, options
from app.core.language import Language
from app.core.permissions import Role
from app.people.operations.passwords import LONGEST, SHORTEST
from app.sites.models import Site

EVERYWHERE = "all"


class SignInForm(Form):
    """Name and password; where to go afterwards."""

    name = StringField("Name", [InputRequired("Your name here, like tess."), Length(max=64)])
    password = PasswordField("Password", [InputRequired("Your password."), Length(max=LONGEST)])
    next = HiddenField()


class LanguageForm(Form):
    """The language of one's pages."""

    language = SelectField(
        "Language of the pages",
        choices=options([("", "As the browser asks"), *((str(one), one.own_name) for one in Language)]),
    )


class PersonForm(Form):
    """Somebody new. Without a password: a program, which has tokens only."""

    name = StringField("Name to sign in with", [InputRequired("The name is missing."), Length(max=64)])
    full_name = StringField("Full name", [InputRequired("The full name is missing."), Length(max=200)])
    password = PasswordField("First password", [Optional(), Length(SHORTEST, LONGEST)])


class PhoneForm(Form):
    """Under which number somebody is reached."""

    phone = StringField("Telephone", [Optional(), Length(max=32)], description="With + and the country in front.")


class RoleForm(Form):
    """A role at a site, or at all sites."""

    role = SelectField("Role", choices=options((role.value, role.words) for role in Role))
    site = SelectField("At")

    def offer(self, sites: Iterable[Site]) -> RoleForm:
        """Let one of these sites be chosen, or all."""
        there = ((site.code, f"{site.code} {site.name}") for site in sites)
        self.site.choices = options([(EVERYWHERE, "all sites"), *there])
        return self


class NewPasswordForm(Form):
    """A password that an administrator sets."""

    password = PasswordField("New password", [InputRequired("The password is missing."), Length(SHORTEST, LONGEST)])


class OwnPasswordForm(Form):
    """A password that somebody changes for themselves."""

    current = PasswordField("Present password", [InputRequired("Your present password."), Length(max=LONGEST)])
    password = PasswordField("New password", [InputRequired("The new password."), Length(SHORTEST, LONGEST)])
    again = PasswordField(
        "New password again", [InputRequired("Once more."), EqualTo("password", "The two are not the same.")]
    )


class TokenForm(Form):
    """A token of one's own."""

    name = StringField("What it is for", [InputRequired("Say what it is for."), Length(max=100)])
    days = IntegerField("Expires after days", [InputRequired("A number of days."), NumberRange(1, 3650)], default=90)
