"""LSI and Broadcom MegaRAID controllers through their SNMP agent in the operating system.

Source: LSI-MegaRAID-SAS-MIB (1.3.6.1.4.1.3582.4.1): physical and virtual drive tables, BBU table, enclosures' supplies
and fans. A drive's number is its slot; its enclosure, and then its place in the agent's list, tell equal slots apart.
"""

from __future__ import annotations

from collections import Counter

from app.hardware.diagnostics import Kind, Reading
from app.hardware.facts import Codes, Facts, Fault, Observation, Part
from app.hardware.facts.agent_values import Values
from app.hardware.families.snmp import Measure, SnmpFamily, Status, meaning_of
from app.hardware.readings import State
from app.hardware.vendors._words import absent, critical, ok, unknown, warning

LSI = "1.3.6.1.4.1.3582.4.1"
ADAPTER, BBU, DRIVE, VOLUME = f"{LSI}.4.1.2.1", f"{LSI}.4.1.6.2.1", f"{LSI}.4.2.1.2.1", f"{LSI}.4.3.1.2.1"
ENCLOSURE_PSU, ENCLOSURE_FAN = f"{LSI}.5.5.1", f"{LSI}.5.3.1"
PD_STATE, PD_SLOT, PD_ENCLOSURE, PD_PREDICTED, PD_HEAT = (f"{DRIVE}.{arc}" for arc in (10, 5, 18, 9, 36))
DEGRADED, OFFLINE = f"{ADAPTER}.19", f"{ADAPTER}.20"

DRIVE_STATE = {
    0: ok("ready"),
    1: critical("bad, and in no array", Fault.FAILED),
    2: ok("hot spare"),
    16: critical("offline"),
    17: critical("failed", Fault.FAILED),
    20: warning("rebuilding", Fault.REBUILDING),
    24: ok("online"),
    32: warning("copying back", Fault.REBUILDING),
    64: ok("no RAID"),
    128: ok("ready, and being checked"),
    130: ok("hot spare, and being checked"),
    144: ok("online, and being checked"),
}
VOLUME_STATE = {
    0: critical("offline", Fault.FAILED),
    1: warning("partially degraded", Fault.ARRAY_DEGRADED),
    2: warning("degraded", Fault.ARRAY_DEGRADED),
    3: ok("optimal"),
}
ALARM = {0: ok("its buzzer is switched off"), 1: ok("its buzzer is ready"), 2: warning("its buzzer sounds")}
BBU_REPLACE = {-1: unknown("not told"), 0: ok(), 1: critical("is to be replaced", Fault.FAILED)}
BBU_CHARGER = {-1: unknown("not told"), 0: ok("not charging"), 1: ok("charged"), 2: ok("charging")}
ENCLOSURE_STATE = {
    1: unknown(),
    2: ok(),
    3: critical("critical", Fault.FAILED),
    4: warning("not critical"),
    5: critical("failed", Fault.FAILED),
    6: absent(),
    7: unknown(),
    8: unknown("not available"),
}


def read_drives(values: Values) -> Facts:
    """Drives with their bays and temperatures, and the volumes of controllers that list none."""
    numbers = _numbers(values)
    parts: list[Part] = []
    readings: list[Reading] = []
    for index, row in values.rows(PD_STATE).items():
        meaning = meaning_of(DRIVE_STATE, row)
        seen = [_seen(values, f"pdState.{index}", meaning.state, meaning.words, meaning.fault)]
        if values.number(PD_PREDICTED, index):
            words = "predicts its failure"
            seen.append(_seen(values, f"pdPredFailureCount.{index}", State.WARNING, words, Fault.PREDICTED))
        name = f"Drive {numbers[index]}"
        parts.append(Part(Kind.DRIVE, name, numbers[index], tuple(seen)))
    for index in values.rows(PD_HEAT):
        heat = values.measured(PD_HEAT, index)
        owner = f"Drive {numbers[index]}" if index in numbers else f"Drive {index}"
        if heat is not None:
            at = values.read_at
            readings.append(Reading("temperature", owner, heat, "Cel", State.OK, values.source, at, None, owner))
    return Facts(parts=(*parts, *_volumes(values)), readings=tuple(readings))


def _numbers(values: Values) -> dict[str, str]:
    slots = {index: values.text(PD_SLOT, index) or index for index in values.rows(PD_STATE)}
    told = {index: f"{values.text(PD_ENCLOSURE, index) or '0'}:{slot}" for index, slot in slots.items()}
    for numbers in (slots, told):
        counted = Counter(numbers.values())
        if all(count == 1 for count in counted.values()):
            return numbers
    counted = Counter(told.values())
    return {index: number if counted[number] == 1 else f"{number} ({index})" for index, number in told.items()}


def _volumes(values: Values) -> list[Part]:
    """Controllers count their degraded and offline volumes, also where no table lists these."""
    parts = []
    for column, mib, state, words in (
        (DEGRADED, "vdDegradedCount", State.WARNING, "degraded"),
        (OFFLINE, "vdOfflineCount", State.CRITICAL, "offline"),
    ):
        for index in values.rows(column):
            count = values.number(column, index)
            if count and count > 0:
                said = f"{count:g} {words}"
                seen = _seen(values, f"{mib}.{index}", state, said, Fault.ARRAY_DEGRADED)
                explained = frozenset({Kind.DRIVE})
                name = f"Volumes of controller {index}"
                parts.append(Part(Kind.RAID_VOLUME, name, None, (seen,), explained_by=explained))
    return parts


def _seen(values: Values, evidence: str, state: State, words: str, fault: Fault | None) -> Observation:
    return Observation(state, words, values.source, evidence, values.read_at, fault)


def _row(column: str, mib: str, kind: Kind, codes: Codes, label: str) -> Status:
    explained = frozenset({Kind.DRIVE}) if kind is Kind.RAID_VOLUME else frozenset[Kind]()
    return Status(column=column, object=mib, kind=kind, codes=codes, label=label, explained_by=explained)


def _heat(column: str, mib: str, label: str) -> Measure:
    return Measure(column=column, object=mib, kind="temperature", unit="Cel", label=label)


FAMILY = SnmpFamily(
    name="lsi_megaraid",
    title="LSI MegaRAID (LSI-MegaRAID-SAS-MIB)",
    identified_by=("1.3.6.1.4.1.3582",),
    probe=f"{ADAPTER}.1",
    statuses=(
        _row(f"{ADAPTER}.4", "alarmState", Kind.RAID_CONTROLLER, ALARM, "RAID controller"),
        _row(f"{BBU}.27", "batteryReplacement", Kind.BATTERY, BBU_REPLACE, "RAID battery"),
        _row(f"{BBU}.20", "chargerStatus", Kind.BATTERY, BBU_CHARGER, "RAID battery"),
        _row(f"{VOLUME}.5", "vdState", Kind.RAID_VOLUME, VOLUME_STATE, "Volume"),
        _row(f"{ENCLOSURE_PSU}.3", "powerSupplyStatus", Kind.PSU, ENCLOSURE_STATE, "Enclosure PSU"),
        _row(f"{ENCLOSURE_FAN}.3", "fanStatus", Kind.FAN, ENCLOSURE_STATE, "Enclosure fan"),
    ),
    measures=(
        _heat(f"{BBU}.16", "temperature", "RAID battery"),
        _heat(f"{ADAPTER}.42", "adapterTemperature", "RAID controller"),
    ),
    more=(PD_STATE, PD_SLOT, PD_ENCLOSURE, PD_PREDICTED, PD_HEAT, DEGRADED, OFFLINE),
    read=read_drives,
)
