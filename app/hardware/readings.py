"""The words in which devices speak to the rest of the product: targets in, answers out, all plain values.

Protocols turn bytes into *answers* (what was on the wire, typed, still without judgement);
vendor tables and rules turn answers into components, readings, events and findings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from app.hardware.scale import Scale


class State(StrEnum):
    """What a component or reading is, worst first; `unknown` always carries a reason, `absent` is no fault."""

    CRITICAL = "critical"
    WARNING = "warning"
    UNKNOWN = "unknown"
    OK = "ok"
    ABSENT = "absent"


class SourceStatus(StrEnum):
    """How one source (one protocol on one address) answered."""

    OK = "ok"
    PARTIAL = "partial"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    AUTH_REFUSED = "auth_refused"
    REFUSED = "refused"
    MALFORMED = "malformed"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class IpmiTarget:
    """A BMC: UDP address and an account. `cipher_suites` are tried in this order."""

    address: str
    username: str
    password: str = field(repr=False)
    port: int = 623
    privilege: str = "operator"
    cipher_suites: tuple[int, ...] = (17, 3)


@dataclass(frozen=True, slots=True)
class SnmpTarget:
    """An SNMP agent. version "1", "2c" or "3"; v3 keys are pass phrases, absent means without."""

    address: str
    port: int = 161
    version: str = "2c"
    community: str = field(default="public", repr=False)
    username: str = ""
    auth: str | None = None  # md5, sha, sha224, sha256, sha384, sha512
    auth_password: str = field(default="", repr=False)
    privacy: str | None = None  # des, aes128, aes192, aes256
    privacy_password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Sensor:
    """One IPMI sensor as the BMC has it; judged nowhere yet.

    `value` is in `unit` (UCUM) after the SDR's linearisation, None for discrete or unreadable sensors.
    `bits` is the 15-bit assertion mask of a discrete sensor, or the threshold-comparison bits of an
    analog one; None when not read. `unavailable` says why there is neither value nor bits (None when there is one).
    `thresholds` maps lower/upper non_critical, critical, non_recoverable ("unc", "ucr", "unr", "lnc",
    "lcr", "lnr") to values in `unit`. Numbers of type/entity are IPMI 2.0 tables 42-3 and 43-13.
    `reports` are the bits that a discrete sensor can have at all (None: it does not say), `owner` is the controller
    that reports it, `scale` turns raw bytes in its log entries into values. `events_only`: it can never be read.
    """

    number: int
    name: str
    sensor_type: int
    event_type: int  # event/reading type code: 0x01 threshold, 0x6f sensor-specific, else generic
    entity_id: int
    entity_instance: int
    unit: str | None = None
    value: float | None = None
    bits: int | None = None
    thresholds: dict[str, float] = field(default_factory=dict)
    unavailable: str | None = None
    reports: int | None = None
    owner: int = 0x20
    scale: Scale | None = None
    events_only: bool = False


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One record of the system event log. `at` is None for pre-init time stamps (clock never set).

    `generator` is who wrote it: a controller's address, or software (the BIOS) when it is odd.
    """

    record: int
    at: datetime | None
    record_type: int
    sensor_type: int
    sensor_number: int
    event_type: int
    asserted: bool
    data: tuple[int, int, int]
    raw: bytes
    generator: int = 0x20


@dataclass(frozen=True, slots=True)
class InventoryItem:
    """What the inventory says of one part: the entity it belongs to, its name, its serial number as it is now.

    `unavailable` says why nothing could be read of it. `serial` is None where its checksum is wrong.
    """

    name: str
    entity_id: int
    entity_instance: int
    manufacturer: str | None = None
    product: str | None = None
    serial: str | None = None
    unavailable: str | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the device says it is; None where it does not say."""

    manufacturer: str | None = None
    product: str | None = None
    serial: str | None = None
    asset_tag: str | None = None
    bmc_firmware: str | None = None


@dataclass(frozen=True, slots=True)
class IpmiAnswer:
    """All that one BMC said in one session; parts that failed are named in `problems` (part -> sentence).

    The log is newest first, in the log's own order. `log_full`: entries were lost for want of room. `was_left_alone`
    after failures, and asked because somebody insisted.
    """

    power_on: bool | None
    sensors: tuple[Sensor, ...]
    log: tuple[LogEntry, ...]
    identity: Identity
    clock_skew_s: float | None  # SEL clock minus ours
    requests: int
    problems: dict[str, str] = field(default_factory=dict)
    inventory: tuple[InventoryItem, ...] = ()
    log_full: bool = False
    was_left_alone: bool = False


@dataclass(frozen=True, slots=True)
class ChassisPower:
    """Whether a machine is on, and what its BMC says of the last change, where it says anything."""

    on: bool
    last_change: str | None = None


@dataclass(frozen=True, slots=True)
class ShutdownTold:
    """What a machine said when it was asked to shut down: its power before and after, None where it did not say.

    `sent` is False when it was off already, None when nobody knows whether the request arrived (`doubt` says why).
    """

    before: ChassisPower
    sent: bool | None
    after: ChassisPower | None
    doubt: str | None = None


class SnmpType(StrEnum):
    """The ASN.1 type a value had on the wire."""

    INTEGER = "integer"
    STRING = "string"
    OID = "oid"
    IP = "ip"
    COUNTER = "counter"
    GAUGE = "gauge"
    TICKS = "ticks"
    COUNTER64 = "counter64"
    FLOAT = "float"
    ABSENT = "absent"  # noSuchObject, noSuchInstance, NULL


class SnmpValue(NamedTuple):
    """One varbind: dotted OID without a leading dot, type, number or raw bytes (None when absent)."""

    oid: str
    type: SnmpType
    value: int | float | bytes | None


@dataclass(frozen=True, slots=True)
class SnmpTable:
    """One walked column; `complete` False with the reason when the agent cut, looped or went silent."""

    column: str
    rows: tuple[SnmpValue, ...]
    complete: bool
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class RedfishTarget:
    """A BMC's Redfish service: base URL and an account. `fingerprint` pins the certificate (SHA-256, hex)."""

    address: str
    username: str
    password: str = field(repr=False)
    verify_tls: bool = True
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """One Redfish resource: the role in which it was met ("drive", "power_supply"), its path, its JSON object."""

    role: str
    path: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RedfishAnswer:
    """What one Redfish service said in one session, in the order of its reading.

    `problems` are parts that could not be read (path below /redfish/v1 -> sentence), `dangling` the links that lead
    nowhere (404), which real services have in health.
    """

    resources: tuple[Resource, ...]
    requests: int
    problems: dict[str, str] = field(default_factory=dict)
    dangling: tuple[str, ...] = ()

    def of(self, *roles: str) -> tuple[Resource, ...]:
        """The resources of these roles."""
        return tuple(one for one in self.resources if one.role in roles)


@dataclass(frozen=True, slots=True)
class SshTarget:
    """A host's SSH server. `host_key` is the pinned key as in known_hosts ("ssh-ed25519 AAAA...").

    Signs in with the key in `private_key_file` (without a pass phrase), else with `password`; exactly one is set.
    """

    address: str
    username: str
    host_key: str
    private_key_file: str | None = None
    password: str | None = field(default=None, repr=False)
    port: int = 22


@dataclass(frozen=True, slots=True)
class HostOutput:
    """What one command on a host said. `status` is its exit status; `problem` says why `text` is not all of it."""

    text: str = ""
    errors: str = ""
    status: int | None = None
    problem: str | None = None
