"""Forms of the machines' pages. Credentials are written, never shown again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from wtforms import BooleanField, Field, IntegerField, PasswordField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp

from app.core.forms import Form
from app.hardware.models import Endpoint
from app.hardware.operations.assets import FACES, TAG, Entry, Position
from app.hardware.target import AUTHS, PRIVACIES, PRIVILEGES, ROLES
from app.sites.models import Site

NAME = Length(max=64)
LONG = Length(max=4096)
NONE, USUAL = "none", "usual"
STATED = "As the device knows it. Stored sealed: only the site's worker can read it."


def _stripped(value: str | None) -> str | None:
    return value.strip() if value else value


def _text(label: str, *checks: Any, hint: str = "", required: str | None = None) -> StringField:
    first = InputRequired(required) if required else Optional()
    return StringField(label, [first, *(checks or (NAME,))], filters=[_stripped], description=hint)


def _choice(label: str, choices: tuple[str, ...], *, none: str | None = None) -> SelectField:
    """`none` is the first choice, which leaves it out."""
    words: Any = [*([none] if none else []), *choices]  # the stubs know only the pairs that WTForms deprecates
    return SelectField(label, choices=words)


class DiagnosisForm(Form):
    """What is wrong with a machine, for the person at the rack."""

    text = TextAreaField("Diagnosis", [InputRequired("Say what is wrong with it."), Length(max=1000)])


class AssetForm(Form):
    """What a machine is and where it stands."""

    site = SelectField("Site", validate_choice=True)
    tag = _text("Tag", Regexp(TAG, message="Letters, digits, dots, dashes and underscores."), required="Which tag?")
    role = _choice("Role", ROLES)
    name = _text("Name", hint="Left empty, the tag.")
    serial = _text("Serial")
    model = _text("Model")
    customer = _text("Customer")
    room = _text("Room")
    rack = _text("Rack", hint="As its label says. A rack that is not known yet is entered.")
    u = IntegerField("Lowest rack unit", [Optional(), NumberRange(1, 60)], description="Empty for what hangs upright.")
    height = IntegerField("Height in units", [Optional(), NumberRange(1, 60)])
    face = _choice("Reached from", FACES)
    why = _text("Why", Length(max=400), hint="What was found, when the record was wrong.")

    def offer(self, sites: Sequence[Site]) -> None:
        """Let these sites be chosen from."""
        codes: Any = [site.code for site in sites]
        self.site.choices = codes

    def entry(self, tag: str) -> Entry:
        """What was typed about the machine."""
        return Entry(
            tag=tag,
            role=self.role.data,
            name=self.name.data or "",
            serial=self.serial.data or None,
            model=self.model.data or None,
            customer=self.customer.data or None,
        )

    def position(self) -> Position | None:
        """What was typed about its place, None when no rack was."""
        if not self.rack.data:
            return None
        room, height = self.room.data or "", self.height.data or 1
        return Position(self.rack.data, room, self.u.data, height, self.face.data)


class EndpointForm(Form):
    """One protocol's part of a probe's target. Subclasses say which fields are secret or no text."""

    secret: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def shown(cls, known: Endpoint | None) -> dict[str, Any]:
        """What may be shown of what is stored."""
        return {} if known is None else {name: _plain(value) for name, value in known.settings.items()}

    def given(self) -> dict[str, Any]:
        """The part of the target: what was left empty is left out."""
        fields: dict[str, Field] = self._fields
        return {name: field.data for name, field in fields.items() if not _is_empty(field)}


class IpmiForm(EndpointForm):
    """IPMI over LAN."""

    secret = frozenset({"password"})
    address = _text("Address of the BMC", Length(max=253), required="Host name or IP address.")
    port = IntegerField("UDP port", [Optional(), NumberRange(1, 65535)], description="Usually 623.")
    username = _text("Account", hint="At most 16 characters.", required="Which account of the BMC?")
    password = PasswordField("Password", [Optional(), NAME], description=STATED)
    privilege = _choice("Privilege", PRIVILEGES[2:], none=USUAL)
    cipher_suites = _text("Cipher suites", hint="In the order to try, such as 17, 3.")

    def given(self) -> dict[str, Any]:
        """Suites as a list of numbers."""
        given = super().given()
        if suites := given.pop("cipher_suites", None):
            given["cipher_suites"] = [int(one) if one.strip().isdigit() else one for one in suites.split(",")]
        return given


class SnmpForm(EndpointForm):
    """SNMP 1, 2c or 3."""

    secret = frozenset({"community", "auth_password", "privacy_password"})
    address = _text("Address of the agent", Length(max=253), required="Host name or IP address.")
    port = IntegerField("UDP port", [Optional(), NumberRange(1, 65535)], description="Usually 161.")
    version = _choice("Version", ("2c", "3", "1"))
    community = PasswordField("Community", [Optional(), NAME], description="Versions 1 and 2c. Stored sealed.")
    username = _text("User", hint="Version 3.")
    auth = _choice("Signed with", AUTHS, none=NONE)
    auth_password = PasswordField("Pass phrase for signing", [Optional(), NAME], description="Stored sealed.")
    privacy = _choice("Encrypted with", PRIVACIES, none=NONE)
    privacy_password = PasswordField("Pass phrase for encryption", [Optional(), NAME], description="Stored sealed.")


class RedfishForm(EndpointForm):
    """Redfish over HTTPS."""

    secret = frozenset({"password"})
    address = _text("Address of the BMC", Length(max=253), hint="https://…", required="An https:// address.")
    username = _text("Account", required="Which account of the BMC?")
    password = PasswordField("Password", [Optional(), Length(max=256)], description=STATED)
    verify_tls = BooleanField("Verify the certificate", default=True)
    fingerprint = _text("SHA-256 of the certificate", Length(max=200), hint="Pins a certificate that nobody signed.")


class SshForm(EndpointForm):
    """SSH with a pinned host key."""

    secret = frozenset({"password"})
    address = _text("Address of the host", Length(max=253), required="Host name or IP address.")
    port = IntegerField("TCP port", [Optional(), NumberRange(1, 65535)], description="Usually 22.")
    username = _text("Account", required="Which account?")
    private_key_file = _text("Private key", LONG, hint="A file on the machine of the site's worker; or a password.")
    password = PasswordField("Password", [Optional(), NAME], description=STATED)
    host_key = TextAreaField("Host key", [InputRequired("ssh-keyscan tells it."), LONG], filters=[_stripped])


ENDPOINT_FORMS: dict[str, type[EndpointForm]] = {
    "ipmi": IpmiForm,
    "redfish": RedfishForm,
    "snmp": SnmpForm,
    "ssh": SshForm,
}


class PowerForm(Form):
    """Which outlet feeds which power supply."""

    psu = _text("Power supply", hint="Its number, such as 2.", required="Which power supply?")
    pdu = _text("PDU", hint="Its tag.", required="Which PDU?")
    outlet = _text("Outlet", required="Which outlet?")


class NetworkForm(Form):
    """Where a port is plugged in."""

    port = _text("Port", hint="Such as eth0.", required="Which port?")
    switch = _text("Switch", hint="Its tag.", required="Which switch?")
    switch_port = _text("Switch port", hint="Such as Ethernet12.", required="Which port of the switch?")
    mac = _text("MAC address")


def _is_empty(field: Field) -> bool:
    return field.data in (None, "") or (isinstance(field, SelectField) and field.data in {NONE, USUAL})


def _plain(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, list) else value
