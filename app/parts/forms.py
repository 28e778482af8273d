"""Forms of spares and removed parts: what is scanned or typed at each hop, bounded and in the label's letters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from wtforms import DateField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional, Regexp

from app.core.forms import Form, options
from app.parts.states import Hop, PartKind

LABEL: Final = Regexp(r"^[A-Za-z0-9 ._:/#+-]+$", message="Letters, digits and . _ : / # + - only.")


def _code(label: str, sentence: str) -> StringField:
    return StringField(label, [InputRequired(sentence), Length(max=64), LABEL], filters=[_trimmed])


def _trimmed(text: str | None) -> str | None:
    return text.strip() if text else text


class ExpectForm(Form):
    """A spare that was ordered."""

    site = SelectField("Site", [InputRequired("Choose a site.")])
    kind = SelectField("What is it?", choices=options([(kind, kind.words) for kind in PartKind]))
    name = StringField("Its name", [InputRequired("Name it."), Length(max=120)], filters=[_trimmed])
    part_number = _code("Part number", "Type its part number.")
    expected_on = DateField("Expected on", [Optional()])

    def offer(self, codes: Iterable[str]) -> ExpectForm:
        """The sites to choose from."""
        self.site.choices = options([(code, code) for code in codes])
        return self


class ArriveForm(Form):
    """A spare that came."""

    serial = _code("Serial", "Scan its serial.")
    location = _code("Shelf", "Scan or type where it lies.")


class DeadForm(Form):
    """A spare that was broken when it came."""

    why = StringField("What is wrong with it?", [InputRequired("Say what is wrong."), Length(max=300)])


class BagForm(Form):
    """Sealed."""

    bag = _code("Number of the sealed bag", "Scan the bag.")


class StoreForm(Form):
    """Put into the cage."""

    place = _code("Place in the cage", "Scan the place.")


class WipeForm(Form):
    """Wiped."""

    method = RadioField(
        "How was it wiped?",
        [InputRequired("Choose how.")],
        choices=options([("purge", "Purge: the drive's own sanitize command"), ("clear", "Clear: overwritten whole")]),
    )


class DestroyForm(Form):
    """Destroyed."""

    method = RadioField(
        "How was it destroyed?",
        [InputRequired("Choose how.")],
        choices=options([("shredded", "Shredded"), ("degaussed", "Degaussed"), ("crushed", "Crushed")]),
    )


class CertifyForm(Form):
    """Signed for by a second person."""

    certificate = _code("Number of the certificate", "Scan or type its number.")


class ReturnForm(Form):
    """To the maker."""

    rma = _code("RMA number", "Type the maker's number.")
    return_by = DateField("Back at the maker by", [InputRequired("Type the last day.")])


class SendForm(Form):
    """On its way."""

    tracking = _code("Tracking number", "Scan the parcel.")


FORMS: Final[dict[Hop, type[Form]]] = {
    Hop.BAG: BagForm,
    Hop.STORE: StoreForm,
    Hop.WIPE: WipeForm,
    Hop.DESTROY: DestroyForm,
    Hop.CERTIFY: CertifyForm,
    Hop.RETURN: ReturnForm,
    Hop.SEND: SendForm,
}


def given(form: Form) -> dict[str, Any]:
    """The columns that a hop's form fills."""
    return {name: field.data for name, field in form._fields.items()}
