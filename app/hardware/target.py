"""A probe's target: which device to ask, by which protocols, and what feeds it. Parsed from JSON, checked whole.

Every mistake is told at once, each with the path of its field; unknown keys are refused by name, so that a typo
never silently means "not asked". Nothing of a value is repeated in an error: it may be a password.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from app.core.errors import Invalid
from app.hardware.facts import Feed, Link, Wiring
from app.hardware.fields import Fields, Report
from app.hardware.readings import IpmiTarget, RedfishTarget, SnmpTarget, SshTarget

ROLES = ("server", "pdu", "ups", "ats", "switch")
PRIVILEGES = ("callback", "user", "operator", "administrator")
CIPHER_SUITES = (1, 2, 3, 6, 7, 8, 11, 12, 15, 16, 17)  # those that authenticate
AUTHS = ("md5", "sha", "sha224", "sha256", "sha384", "sha512")
PRIVACIES = ("des", "aes128", "aes192", "aes256")
MOST_FEEDS, MOST_LINKS, MOST_IN_USE = 16, 64, 512
DEADLINE_S, SHORTEST_S, LONGEST_S = 10.0, 0.5, 300.0
FINGERPRINT = re.compile(r"(?:[0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}")
IPMI_NAME, IPMI_PASSWORD = 16, 20  # bytes, IPMI 2.0 section 22.30
# As ssh-keyscan and known_hosts write it: the host's name may stand before it, a comment after it.
HOST_KEY = re.compile(r"(?:\S+ )?(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)) [A-Za-z0-9+/]+={0,2}(?: .*)?")


@dataclass(frozen=True, slots=True)
class Device:
    """The device to examine. `in_use`: outlets or ports, by number or label, that something hangs on."""

    role: str
    name: str
    asset_tag: str | None = None
    serial: str | None = None
    ipmi: IpmiTarget | None = None
    redfish: RedfishTarget | None = None
    snmp: SnmpTarget | None = None
    ssh: SshTarget | None = None
    in_use: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A PDU or switch that the device hangs on; without `snmp` its outlets and ports stay unread."""

    name: str
    snmp: SnmpTarget | None = None


@dataclass(frozen=True, slots=True)
class PowerFeed:
    """A power supply and the outlet that feeds it."""

    psu: str
    outlet: str
    pdu: Neighbour


@dataclass(frozen=True, slots=True)
class NetworkLink:
    """A port of the device and the switch port it is plugged into."""

    port: str
    switch_port: str
    switch: Neighbour
    mac: str | None = None


@dataclass(frozen=True, slots=True)
class ProbeTarget:
    """All that one probe needs to know. `deadline_s` bounds the whole of it."""

    device: Device
    power: tuple[PowerFeed, ...] = ()
    network: tuple[NetworkLink, ...] = ()
    deadline_s: float = DEADLINE_S

    @property
    def wiring(self) -> Wiring:
        """The cabling, without addresses and secrets."""
        return Wiring(
            tuple(Feed(feed.psu, feed.outlet, feed.pdu.name) for feed in self.power),
            tuple(Link(link.port, link.switch_port, link.switch.name, link.mac) for link in self.network),
            self.device.in_use,
        )


def parse_target(raw: Any) -> ProbeTarget:
    """Read a probe's target. Raises Invalid with one FieldError per mistake."""
    report = Report()
    fields = Fields(report, "", raw)
    device = _device(fields.object("device"))
    power = tuple(_feed(item) for item in fields.objects("power", MOST_FEEDS))
    network = tuple(_link(item) for item in fields.objects("network", MOST_LINKS))
    deadline_s = fields.number("deadline_s", SHORTEST_S, LONGEST_S, DEADLINE_S)
    fields.refuse_others()
    if not report.errors:
        _check_whole(report, device, power, network)
    if report.errors:
        told = "; ".join(f"{error.field or 'target'}: {error.detail}" for error in report.errors)
        raise Invalid("invalid_target", f"The target cannot be used: {told}", report.errors)
    return ProbeTarget(device, power, network, deadline_s)


def _check_whole(
    report: Report, device: Device, power: tuple[PowerFeed, ...], network: tuple[NetworkLink, ...]
) -> None:
    neighbours = [("power", feed.pdu) for feed in power] + [("network", link.switch) for link in network]
    own = (device.ipmi, device.redfish, device.snmp, device.ssh)
    if not any((*own, *(neighbour.snmp for _where, neighbour in neighbours))):
        report.add("device", "required", "name at least one source: ipmi, redfish, snmp or ssh")
    described: dict[str, tuple[str, Neighbour]] = {}
    for where, neighbour in neighbours:
        if described.setdefault(neighbour.name, (where, neighbour)) != (where, neighbour):
            report.add(where, "conflict", f"{neighbour.name} is described twice, and differently")


def _device(fields: Fields) -> Device:
    device = Device(
        role=fields.choice("role", ROLES),
        name=fields.text("name"),
        asset_tag=fields.optional_text("asset_tag"),
        serial=fields.optional_text("serial"),
        ipmi=_ipmi(fields.given("ipmi")),
        redfish=_redfish(fields.given("redfish")),
        snmp=_snmp(fields.given("snmp")),
        ssh=_ssh(fields.given("ssh")),
        in_use=frozenset(fields.texts("in_use", MOST_IN_USE)),
    )
    fields.refuse_others()
    return device


def _feed(fields: Fields) -> PowerFeed:
    feed = PowerFeed(fields.text("psu"), fields.text("outlet"), _neighbour(fields.object("pdu")))
    fields.refuse_others()
    return feed


def _link(fields: Fields) -> NetworkLink:
    switch = _neighbour(fields.object("switch"))
    link = NetworkLink(fields.text("port"), fields.text("switch_port"), switch, fields.optional_text("mac"))
    fields.refuse_others()
    return link


def _neighbour(fields: Fields) -> Neighbour:
    neighbour = Neighbour(fields.text("name"), _snmp(fields.given("snmp")))
    fields.refuse_others()
    return neighbour


def _ipmi(fields: Fields | None) -> IpmiTarget | None:
    if fields is None:
        return None
    target = IpmiTarget(
        address=fields.host("address"),
        username=fields.text("username", most_bytes=IPMI_NAME, empty=True),
        password=fields.text("password", most_bytes=IPMI_PASSWORD, empty=True),
        port=fields.port("port", 623),
        privilege=fields.choice("privilege", PRIVILEGES, "operator"),
        cipher_suites=fields.integers("cipher_suites", CIPHER_SUITES, (17, 3)),
    )
    fields.refuse_others()
    return target


def _snmp(fields: Fields | None) -> SnmpTarget | None:
    if fields is None:
        return None
    target = SnmpTarget(
        address=fields.host("address"),
        port=fields.port("port", 161),
        version=fields.choice("version", ("1", "2c", "3"), "2c"),
        community=fields.optional_text("community") or "public",
        username=fields.optional_text("username") or "",
        auth=fields.choice("auth", AUTHS, None),
        auth_password=fields.optional_text("auth_password") or "",
        privacy=fields.choice("privacy", PRIVACIES, None),
        privacy_password=fields.optional_text("privacy_password") or "",
    )
    fields.refuse_others()
    if not fields.is_wrong("version"):
        _check_security(fields, target)
    return target


def _check_security(fields: Fields, target: SnmpTarget) -> None:
    """SNMPv3 needs a user, a pass phrase for what it signs and encrypts; older versions can do neither."""
    if target.version != "3":
        for key in ("username", "auth", "privacy"):
            if getattr(target, key):
                fields.wrong(key, "not_allowed", f"only SNMP version 3 has this, and the version is {target.version}")
        return
    wanted = {
        "username": True,
        "auth_password": target.auth,
        "privacy_password": target.privacy,
        "auth": target.privacy,
    }
    for key, needed in wanted.items():
        if needed and not getattr(target, key):
            fields.wrong(key, "required", "SNMP version 3 needs this here")


def _redfish(fields: Fields | None) -> RedfishTarget | None:
    if fields is None:
        return None
    target = RedfishTarget(
        address=fields.url("address"),
        username=fields.text("username"),
        password=fields.text("password"),
        verify_tls=fields.boolean("verify_tls", default=True),
        fingerprint=fields.optional_text("fingerprint"),
    )
    fields.refuse_others()
    if target.fingerprint and not FINGERPRINT.fullmatch(target.fingerprint):
        fields.wrong(
            "fingerprint", "bad_fingerprint", "the certificate's SHA-256: 64 hexadecimal digits, colons or not"
        )
    return target


def _ssh(fields: Fields | None) -> SshTarget | None:
    if fields is None:
        return None
    target = SshTarget(
        address=fields.host("address"),
        username=fields.text("username"),
        host_key=fields.text("host_key", most_bytes=4096),
        private_key_file=fields.optional_text("private_key_file"),
        password=fields.optional_text("password"),
        port=fields.port("port", 22),
    )
    fields.refuse_others()
    if target.host_key and not HOST_KEY.fullmatch(target.host_key):
        fields.wrong("host_key", "bad_host_key", "the host's public key as in known_hosts: ssh-ed25519 AAAA...")
    if not target.private_key_file and not target.password:
        fields.wrong("private_key_file", "required", "give the file of a private key, or a password")
    if target.private_key_file and target.password:
        fields.wrong("password", "not_allowed", "there is a private key file already: only one of the two is used")
    return target
