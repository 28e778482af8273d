"""Notifications in plain words: which trap means what, and what the values beside it are called.

Rows name their object and the MIB it stands in. A trap that no row knows is told by its OID and, where its maker is
known, by the maker's name; its state is unknown, never ok. `asks` is False for what a question of ours can set off
itself (a failed login): asking because of it would never end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.hardware.readings import SnmpType, SnmpValue, State

LONGEST_VALUE = 120
MOST_WORDS = 8
LONGEST_OID = 200


@dataclass(frozen=True, slots=True)
class TrapKind:
    """What a notification of one kind means; `object` and `source` are its name and its MIB."""

    object: str
    words: str
    state: State
    source: str
    asks: bool = True


@dataclass(frozen=True, slots=True)
class Told:
    """A notification in plain words. `details` are the values that have a name, `others` those that have none."""

    object: str
    words: str
    state: State
    source: str
    asks: bool
    details: tuple[str, ...]
    others: tuple[tuple[str, str], ...]


def _rows(source: str, base: str, *rows: tuple[int, str, State, str]) -> Iterator[tuple[str, TrapKind]]:
    for number, name, state, words in rows:
        yield f"{base}.{number}", TrapKind(name, words, state, source, asks=name != "authenticationFailure")


OK, WARNING, CRITICAL, UNKNOWN = State.OK, State.WARNING, State.CRITICAL, State.UNKNOWN

STANDARD = dict(
    _rows(
        "SNMPv2-MIB, IF-MIB", "1.3.6.1.6.3.1.1.5",
        (1, "coldStart", WARNING, "Started anew, its settings may have changed"),
        (2, "warmStart", WARNING, "Its agent started anew, with the same settings"),
        (3, "linkDown", WARNING, "A port went down"),
        (4, "linkUp", OK, "A port came up"),
        (5, "authenticationFailure", WARNING, "Somebody asked it with wrong credentials"),
    )
)  # fmt: skip
ENTITY = dict(_rows("ENTITY-MIB", "1.3.6.1.2.1.47.2.0", (1, "entConfigChange", UNKNOWN, "A part was added or removed")))
_UPS_MIB = (
    (1, "upsTrapOnBattery", CRITICAL, "The UPS is on battery"),
    (2, "upsTrapTestCompleted", UNKNOWN, "The UPS has finished a test"),
    (3, "upsTrapAlarmEntryAdded", WARNING, "The UPS has a new alarm"),
    (4, "upsTrapAlarmEntryRemoved", OK, "An alarm of the UPS is over"),
)
# as RFC 1628 numbers them, and as a v1 agent's come out of RFC 3584's rule
UPS = dict(_rows("UPS-MIB", "1.3.6.1.2.1.33.2", *_UPS_MIB)) | dict(_rows("UPS-MIB", "1.3.6.1.2.1.33.2.0", *_UPS_MIB))
APC = dict(
    _rows(
        "PowerNet-MIB", "1.3.6.1.4.1.318.0",
        (5, "upsOnBattery", CRITICAL, "The UPS is on battery"),
        (6, "smartBoostOn", WARNING, "The UPS raises a low line voltage"),
        (7, "lowBattery", CRITICAL, "The UPS's battery is nearly empty"),
        (8, "communicationEstablished", OK, "The card reaches the UPS again"),
        (9, "powerRestored", OK, "The mains are back"),
        (10, "upsDiagnosticsPassed", OK, "The UPS passed its self-test"),
        (11, "returnFromLowBattery", OK, "The UPS's battery is no longer low"),
        (12, "upsTurnedOff", CRITICAL, "The UPS was switched off by a management station"),
        (13, "upsSleeping", CRITICAL, "The UPS goes to sleep: what hangs on it loses power"),
        (14, "upsWokeUp", OK, "The UPS woke up: what hangs on it has power again"),
        (15, "upsRebootStarted", WARNING, "The UPS restarts itself"),
        (17, "upsBatteryNeedsReplacement", CRITICAL, "The UPS's battery needs replacement"),
        (20, "hardwareFailureBypass", CRITICAL, "The UPS is on bypass after a fault of its own"),
        (21, "softwareBypass", WARNING, "The UPS was put on bypass"),
        (22, "switchedBypass", WARNING, "The UPS was put on bypass"),
        (23, "returnFromBypass", OK, "The UPS is no longer on bypass"),
        (24, "bypassPowerSupplyFailure", CRITICAL, "The bypass supply of the UPS has failed"),
        (25, "baseFanFailure", CRITICAL, "A fan of the UPS has failed"),
        (26, "batteryPackCommLost", CRITICAL, "The UPS does not reach its battery packs"),
        (27, "batteryPackCommEstablished", OK, "The UPS reaches its battery packs again"),
        (30, "upsTurnedOn", OK, "The UPS was switched on"),
        (33, "upsOverloadCleared", OK, "The UPS is no longer overloaded"),
        (36, "upsBatteryReplaced", OK, "The UPS's battery is good again"),
        (38, "dischargeCleared", OK, "The UPS's battery is no longer discharged"),
        (41, "outletOn", OK, "An outlet was switched on"),
        (42, "outletOff", WARNING, "An outlet was switched off"),
        (43, "outletReboot", WARNING, "An outlet was switched off and on"),
        (224, "rPDUBankPhaseNearOverload", WARNING, "A bank or phase is near overload"),
        (225, "rPDUBankPhaseNearOverloadCleared", OK, "A bank or phase is no longer near overload"),
        (226, "rPDUBankPhaseOverload", CRITICAL, "A bank or phase is overloaded"),
        (227, "rPDUBankPhaseOverloadCleared", OK, "A bank or phase is no longer overloaded"),
        (266, "rPDUCommunicationEstablished", OK, "The PDU is reached again"),
        (267, "rPDUCommunicationLost", CRITICAL, "The PDU is not reached"),
        (268, "rPDUOutletOn", OK, "An outlet was switched on"),
        (269, "rPDUOutletOff", WARNING, "An outlet was switched off"),
        (270, "rPDUDeviceConfigChange", UNKNOWN, "The PDU's settings were changed"),
        (271, "rPDUOutletConfigChange", UNKNOWN, "An outlet's settings were changed"),
        (272, "rPDULowLoad", WARNING, "The load fell below its limit"),
        (273, "rPDULowLoadCleared", OK, "The load is above its lower limit again"),
        (274, "rPDUNearOverload", WARNING, "The PDU is near overload"),
        (275, "rPDUNearOverloadCleared", OK, "The PDU is no longer near overload"),
        (276, "rPDUOverload", CRITICAL, "The PDU is overloaded"),
        (277, "rPDUOverloadCleared", OK, "The PDU is no longer overloaded"),
        (278, "rPDUPowerSupply1Fail", CRITICAL, "Power supply 1 of the PDU has failed"),
        (279, "rPDUPowerSupply1Ok", OK, "Power supply 1 of the PDU is well"),
        (280, "rPDUPowerSupply2Fail", CRITICAL, "Power supply 2 of the PDU has failed"),
        (281, "rPDUPowerSupply2Ok", OK, "Power supply 2 of the PDU is well"),
    )
)  # fmt: skip
KINDS = STANDARD | ENTITY | UPS | APC

MAKERS = {  # beginnings of what has no row: the maker's enterprise number, or the standard's own
    "1.3.6.1.4.1.3183.1.1": ("IPMI Platform Event Trap", "The BMC reports an event of its hardware"),
    "1.3.6.1.4.1.318": ("PowerNet-MIB", "An event of APC's"),
    "1.3.6.1.4.1.674": ("Dell's MIBs", "An event of Dell's"),
    "1.3.6.1.4.1.232": ("HPE's MIBs", "An event of HPE's"),
    "1.3.6.1.4.1.2.3.51": ("IBM's and Lenovo's MIBs", "An event of Lenovo's"),
    "1.3.6.1.4.1.19046": ("Lenovo's MIBs", "An event of Lenovo's"),
    "1.3.6.1.4.1.9": ("Cisco's MIBs", "An event of Cisco's"),
    "1.3.6.1.4.1.2636": ("Juniper's MIBs", "An event of Juniper's"),
    "1.3.6.1.4.1.30065": ("Arista's MIBs", "An event of Arista's"),
    "1.3.6.1.4.1.13742": ("Raritan's MIBs", "An event of Raritan's"),
    "1.3.6.1.4.1.1718": ("Server Technology's MIBs", "An event of Server Technology's"),
    "1.3.6.1.4.1.534": ("Eaton's MIBs", "An event of Eaton's"),
    "1.3.6.1.4.1.21239": ("Vertiv's MIBs", "An event of Vertiv's"),
}

PORT = {1: "up", 2: "down", 3: "testing", 4: "unknown", 5: "dormant", 6: "not present", 7: "lower layer down"}
VALUES: dict[str, tuple[str, dict[int, str]]] = {  # the column, what it is called, what its numbers mean
    "1.3.6.1.2.1.2.2.1.1": ("interface", {}),  # ifIndex
    "1.3.6.1.2.1.2.2.1.2": ("port", {}),  # ifDescr
    "1.3.6.1.2.1.2.2.1.7": ("switched", PORT),  # ifAdminStatus
    "1.3.6.1.2.1.2.2.1.8": ("is", PORT),  # ifOperStatus
    "1.3.6.1.2.1.31.1.1.1.1": ("port", {}),  # ifName
    "1.3.6.1.2.1.31.1.1.1.18": ("described as", {}),  # ifAlias
    "1.3.6.1.2.1.33.1.2.3": ("minutes left", {}),  # upsEstimatedMinutesRemaining
    "1.3.6.1.2.1.33.1.2.2": ("seconds on battery", {}),  # upsSecondsOnBattery
    "1.3.6.1.4.1.318.1.1.4.4.2.1.1": ("outlet", {}),  # sPDUOutletControlIndex
    "1.3.6.1.4.1.318.1.1.12.3.3.1.1.1": ("outlet", {}),  # rPDUOutletControlIndex
    "1.3.6.1.4.1.318.1.1.12.3.3.1.1.2": ("named", {}),  # rPDUOutletControlOutletName
    "1.3.6.1.4.1.318.1.1.12.2.3.1.1.4": ("phase", {}),  # rPDULoadStatusPhaseNumber
    "1.3.6.1.4.1.318.1.1.12.2.3.1.1.5": ("bank", {}),  # rPDULoadStatusBankNumber
    "1.3.6.1.4.1.318.2.3.3": ("", {}),  # mtrapargsString: a sentence of the device's own
    "1.3.6.1.4.1.674.10892.5.3.1.2": ("", {}),  # IDRAC-MIB alertMessage: the same
}


def told(oid: str, values: Iterable[SnmpValue]) -> Told:
    """A notification in plain words. Bounded: at most eight named and eight other values of 120 characters."""
    kind = KINDS.get(oid) or _generic(oid)
    details: list[str] = []
    others: list[tuple[str, str]] = []
    for one in values:
        named = _named(one)
        if named is None:
            others.append((one.oid[:LONGEST_OID], _text(one)))
        elif named not in details:
            details.append(named)
    shown, left = tuple(details[:MOST_WORDS]), tuple(others[:MOST_WORDS])
    return Told(kind.object[:LONGEST_OID], kind.words, kind.state, kind.source, kind.asks, shown, left)


def _generic(oid: str) -> TrapKind:
    parts = oid.split(".")
    for length in range(len(parts), 0, -1):
        if maker := MAKERS.get(".".join(parts[:length])):
            return TrapKind(oid, maker[1], State.UNKNOWN, maker[0])
    return TrapKind(oid, "An event that no table here knows", State.UNKNOWN, "no table")


def _named(value: SnmpValue) -> str | None:
    parts = value.oid.split(".")
    for length in range(len(parts), 6, -1):
        if (row := VALUES.get(".".join(parts[:length]))) is not None:
            name, meanings = row
            text = meanings.get(value.value, "") if isinstance(value.value, int) else ""
            return f"{name} {text or _text(value)}".strip()
    return None


def _text(value: SnmpValue) -> str:
    """The value as text that a page, a line and the database can hold."""
    if value.value is None:
        return "nothing"
    if not isinstance(value.value, bytes):
        return str(value.value)
    if value.type is SnmpType.IP:
        return ".".join(map(str, value.value))[:LONGEST_VALUE]
    text = value.value[: 4 * LONGEST_VALUE].decode(errors="replace").strip("\0 \r\n\t")
    if not text.isprintable():
        return value.value.hex(":")[:LONGEST_VALUE]
    return text[:LONGEST_VALUE]
