"""What Level 1 writes into a ticket."""

from __future__ import annotations

from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from app.core.forms import Form


class ReplyForm(Form):
    """Words for the customer."""

    text = TextAreaField("Your reply", [InputRequired("Write the reply."), Length(max=4000)])
