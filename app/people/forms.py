"""Forms of people's pages."""

from __future__ import annotations

from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from app.core.forms import Form
from app.people.operations.passwords import LONGEST


class SignInForm(Form):
    """Name and password; where to go afterwards."""

    name = StringField("Name", [InputRequired("Your name here, like tess."), Length(max=64)])
    password = PasswordField("Password", [InputRequired("Your password."), Length(max=LONGEST)])
    next = HiddenField()
