"""The form that chooses between two versions of a step."""

from __future__ import annotations

from typing import Any

from flask import request
from wtforms import HiddenField, RadioField, TextAreaField
from wtforms.validators import InputRequired, Length

from app.core.forms import Form, options


class ChoiceForm(Form):
    """Which version stands, and why. `version` is the conflict's, as the person saw it."""

    version = HiddenField()
    choice = RadioField(
        "Which version stands?", [InputRequired("Choose one.")],
        choices=options([
            ("first", "The first stands"), ("second", "The second stands"),
            ("both", "The first stands, the second is kept beside it"),
        ]),
    )  # fmt: skip
    why = TextAreaField(
        "Why", [InputRequired("Say why: it goes on record."), Length(max=4000)],
        description="What you looked at: the machine, the photo, who said what.",
    )  # fmt: skip

    @classmethod
    def about(cls, conflict: int, seen: int | None = None) -> ChoiceForm:
        """The form of one conflict among several on a page, as this request sent it or (`seen`: its version) empty."""
        sent = request.form if seen is None else None
        return cls(formdata=sent, data={"version": str(seen)} if seen else None, prefix=f"c{conflict}-")

    def body(self, conflict: int) -> dict[str, Any]:
        """As the verb takes it."""
        seen = self.version.data or ""
        version = {"version": int(seen)} if seen.isdecimal() and 0 < len(seen) < 10 else {}
        return {"conflict": conflict, "choice": self.choice.data, "why": self.why.data, **version}
