"""The form of a message's wording, and the choice of a ticket's language."""

from __future__ import annotations

from wtforms import HiddenField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from app.core.forms import Form, options
from app.core.language import Language
from app.jobs.wording import MOST_TYPED

TEXT = Length(max=MOST_TYPED)


class WordingForm(Form):
    """The two texts of the next version. `seen` is the version that was edited."""

    seen = HiddenField()
    public = TextAreaField("What the customer reads", [InputRequired("Write what the customer reads."), TEXT])
    internal = TextAreaField("What colleagues read", [InputRequired("Write what colleagues read."), TEXT])
    why = StringField("Why is it changed?", [Length(max=500)])

    def texts(self) -> tuple[str, str]:
        """Both as they were typed, with plain line ends."""
        return _lines(self.public.data), _lines(self.internal.data)


class LanguageForm(Form):
    """The language that a customer is written to in."""

    language = RadioField(
        "The customer is written to in",
        [InputRequired("Choose a language.")],
        choices=options([(str(one), one.own_name) for one in Language]),
    )


def _lines(text: str | None) -> str:
    return (text or "").replace("\r\n", "\n")
