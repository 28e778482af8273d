"""The answer to a referral."""

from __future__ import annotations

from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from app.core.forms import Form


class AnswerForm(Form):
    """What to do, or what was found."""

    answer = TextAreaField("Answer", [InputRequired("Write the answer."), Length(max=4000)])
