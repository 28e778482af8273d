"""Forms of pages: WTForms behind one typed door, with the CSRF field that every page's form carries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from flask import request
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from wtforms import Form as WTForm
from wtforms.meta import DefaultMeta
from wtforms.widgets import Select

from app.core.browser import CSRF_FIELD, csrf_token
from app.core.language import told


class ToldSelect(Select):
    """A select whose options are told in the reader's language."""

    @classmethod
    def render_option(cls, choice: Any, **attributes: Any) -> Markup:  # type: ignore[override] # its types are of 3.2
        """One option; `choice` is the named tuple that WTForms gives since 3.3."""
        return super().render_option(choice._replace(label=told(str(choice.label or choice.value))), **attributes)


class Form(WTForm):
    """A page's form. `Form.sent()` reads the request, `is_sent_well()` is the route's one question."""

    class Meta(DefaultMeta):
        """How fields are drawn."""

        def render_field(self, field: Any, render_kw: Any) -> Any:
            """The field's widget; options of a select in the reader's language."""
            if type(field.widget) is Select:
                field.widget = ToldSelect(multiple=field.widget.multiple)
            return super().render_field(field, render_kw)

    @classmethod
    def sent(cls, **values: Any) -> Self:
        """The form as this request sent it; before it was sent, with `values` in its fields."""
        given: MultiDict[str, Any] = MultiDict(request.form)
        given.update(request.files)
        return cls(formdata=given if request.method == "POST" else None, data=values)

    def is_sent_well(self) -> bool:
        """True when it was posted and every field is right; otherwise the fields carry their errors."""
        return request.method == "POST" and self.validate()

    def refuse(self, sentence: str, field: str | None = None) -> None:
        """Say what is wrong, at a field or about the whole form, when an operation refused what was typed."""
        if field is None:
            self.form_errors.append(sentence)
        else:
            self[field].errors = [*self[field].errors, sentence]

    def hidden_tag(self) -> Markup:
        """The CSRF token, for the template."""
        return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, csrf_token())


def options(pairs: Iterable[tuple[str, str]]) -> Any:
    """Choices of a SelectField or RadioField from (value, label): the form that WTForms keeps and its types lack."""
    return dict(pairs)
