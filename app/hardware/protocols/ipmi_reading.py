"""What one BMC says in one session, part after part, in the order a person needs them.

Power, event log, sensors, identity, inventories: a part that fails is named, and never takes the others with it.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from app.core.errors import HardwareError, Malformed, TimedOut, Unreachable
from app.hardware.protocols.deadline import Deadline
from app.hardware.protocols.ipmi_codes import (
    ADVICE_FIRMWARE,
    APPLICATION,
    CHASSIS,
    GET_CHASSIS_STATUS,
    CompletionCode,
    as_error,
)
from app.hardware.protocols.ipmi_decode import FruLocator
from app.hardware.protocols.ipmi_identity import (
    checks_of,
    identity_from_device,
    read_identity,
    read_inventory,
    remembered_serial,
)
from app.hardware.protocols.ipmi_log import GET_INFO, KnownLog, clock_skew_s, entry_request, log_state, read_newest
from app.hardware.protocols.ipmi_records import GET_STATE, STORAGE
from app.hardware.protocols.ipmi_sensors import forget_list, is_health, known_list, read_sensors
from app.hardware.protocols.ipmi_session import BmcSession
from app.hardware.protocols.ipmi_wire import Request
from app.hardware.protocols.memory import Memory
from app.hardware.readings import Identity, InventoryItem, IpmiAnswer, LogEntry, Sensor

GET_DEVICE_ID = 0x01
SDR_REPOSITORY = 0x02
LOG_LIMIT = 200
STREAM_EVERY_S = 0.5
# What every read begins with, all at once where the BMC bears it: power, the log's state, the state of the sensor list;
# and what a read that believes leaves out: the device id and the log's newest entry.
IN_SHORT = (Request(CHASSIS, GET_CHASSIS_STATUS), Request(STORAGE, GET_INFO), Request(STORAGE, GET_STATE))
IN_FULL = (Request(APPLICATION, GET_DEVICE_ID), *IN_SHORT[:2], entry_request(), *IN_SHORT[2:])

# By machine. For an hour, so that the BMC's clock is compared with ours at least as often.
_logs: Memory[KnownLog] = Memory(size=1000, keep_s=3600)
# Where a machine stands that was looked at in full within the hour, and its device id; by the name it gives itself. Two
# of one name push each other out, so neither is believed to be the one that was looked at.
_looked_at: Memory[tuple[Hashable, bytes]] = Memory(size=2000, keep_s=3600)
READING_MEMORIES: tuple[Memory[Any], ...] = (_logs, _looked_at)

OnPart = Callable[[str, object], None]
Item = TypeVar("Item")


@dataclass
class Reading:
    """What has been gathered so far in one session. The log may take its share of the time, no more.

    `believes`: what was looked at in full within the hour still holds, while the machine's name, its log and its list
    of sensors are as they were then.
    """

    session: BmcSession
    on_part: OnPart
    log_deadline: Deadline
    believes: bool = False
    power_on: bool | None = None
    log: list[LogEntry] = field(default_factory=list)
    sensors: list[Sensor] = field(default_factory=list)
    device: bytes = b""
    identity: Identity = field(default_factory=Identity)
    skew_s: float | None = None
    log_full: bool = False
    locators: list[FruLocator] = field(default_factory=list)
    inventory: list[InventoryItem] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    first_error: HardwareError | None = None

    @property
    def machine(self) -> Hashable:
        """What its memories are kept under."""
        return self.session.where, self.device, self.session.guid

    def take_all(self) -> None:
        """Read part after part; when the BMC is gone, say so for the parts that are left."""
        parts = {
            "power": self._power,
            "log": self._log,
            "sensors": self._sensors,
            "identity": self._identity,
            "inventory": self._inventory,
        }
        gone: HardwareError | None = None
        for name, part in parts.items():
            if gone is not None and (name != "inventory" or self.locators):
                self.problems[name] = f"not read: {gone.reason}"
                continue
            try:
                part()
            except CompletionCode as refusal:
                self._note(name, as_error(refusal, f"the {name}"))
            except HardwareError as lost:
                self._note(name, lost)
                if isinstance(lost, TimedOut | Unreachable) and not self.session.alive():
                    gone = lost
        if not self.believes and not self.problems and any(self.session.guid):
            _looked_at.keep(self.session.guid, (self.session.where, self.device))

    def answer(self) -> IpmiAnswer:
        """Return what there is; raise the first error when there is nothing."""
        nothing = not (self.device or self.log or self.sensors)
        if nothing and self.first_error is not None:
            raise self.first_error
        return IpmiAnswer(
            power_on=self.power_on,
            sensors=tuple(self.sensors),
            log=tuple(self.log),
            identity=self.identity,
            clock_skew_s=self.skew_s,
            requests=self.session.requests,
            problems=self.problems,
            inventory=tuple(self.inventory),
            log_full=self.log_full,
        )

    def _note(self, name: str, error: HardwareError) -> None:
        self.problems[name] = error.reason
        self.first_error = self.first_error or error

    def _power(self) -> None:
        where, device = _looked_at.recall(self.session.guid) or (None, b"")
        self.believes = self.believes and where == self.session.where
        self.session.ask_ahead(IN_SHORT if self.believes else IN_FULL)
        if not self.believes:
            self._ask_device()
        self.power_on = read_power(self.session)
        if self.believes:
            self.device, self.identity = device, identity_from_device(device)
        self.on_part("power", self.power_on)

    def _ask_device(self) -> None:
        self.device = self.session.command(APPLICATION, GET_DEVICE_ID)
        self.session.is_model(self.device)
        self.identity = identity_from_device(self.device)

    def _doubt(self) -> None:
        """Something is not as it was: look at all the rest as well."""
        if self.believes:
            self.believes = False
            self._ask_device()

    def _log(self) -> None:
        state = log_state(self.session)
        self.log_full = state.full
        known = _logs.recall(self.machine)
        if self.believes and known is not None and known.state == state and state.tells_of_change:
            self.skew_s = known.skew_s
            self._gather("log", known.entries, self.log)
            return
        self._doubt()
        known = _logs.recall(self.machine)
        if known is not None and known.state == state:
            self.skew_s = known.skew_s  # of the log as it stands: entries keep the time that they were given
        else:
            with contextlib.suppress(CompletionCode):  # without a clock there is no skew, but there may be a log
                self.skew_s = clock_skew_s(self.session, datetime.now(UTC))
        wanted = min(LOG_LIMIT, state.count)
        before = known.entries if known is not None and known.can_have_grown_into(state) else ()
        self._gather("log", read_newest(self.session, wanted, self.log_deadline, before), self.log)
        if before and known is not None and not known.has_grown_into(state, self.log):
            self.log.clear()
            self._gather("log", read_newest(self.session, wanted, self.log_deadline), self.log)
        if len(self.log) < wanted:
            self.problems["log"] = f"only the newest {len(self.log)} of {wanted} entries could be read"
        else:
            _logs.keep(self.machine, KnownLog(state, tuple(self.log), self.skew_s))

    def _sensors(self) -> None:
        from_device = len(self.device) > 5 and not self.device[5] & SDR_REPOSITORY
        before = known_list(self.machine)
        sensors = read_sensors(self.session, self.machine, from_device=from_device, locators=self.locators)
        self._gather("sensors", self._health_first(sensors), self.sensors)
        if known_list(self.machine) is not before:
            self._doubt()

    def _health_first(self, sensors: Iterable[Sensor]) -> Iterator[Sensor]:
        """Tell the states of supplies and drives as soon as the last of them is read."""
        told = False
        for sensor in sensors:
            if not told and not is_health(sensor):
                told = True
                self.on_part("health", tuple(self.sensors))
            yield sensor
        if not told:
            self.on_part("health", tuple(self.sensors))

    def _identity(self) -> None:
        if self.problems:
            self._doubt()
        if not self.believes:
            self.session.ask_ahead(checks_of(self.machine, self.locators))
        before = remembered_serial(self.machine)
        try:
            self.identity, broken = read_identity(self.session, self.identity, self.machine, believes=self.believes)
            if before is not None and before != self.identity.serial:
                self._read_as_unknown()
            if broken:
                self.problems["identity"] = f"unreadable in the inventory: {', '.join(broken)}"
        finally:
            self.on_part("identity", self.identity)

    def _read_as_unknown(self) -> None:
        """Another machine answers by the same name: nothing that was remembered of the first holds for it."""
        _logs.forget(self.machine)
        forget_list(self.machine)
        self.log, self.sensors, self.locators = [], [], []
        self._log()
        self._sensors()

    def _inventory(self) -> None:
        if self.locators:
            parts = read_inventory(self.session, self.machine, self.locators, believes=self.believes)
            self._gather("inventory", parts, self.inventory)

    def _gather(self, name: str, items: Iterable[Item], into: list[Item]) -> None:
        told = time.monotonic()
        try:
            for item in items:
                into.append(item)
                if time.monotonic() - told > STREAM_EVERY_S:
                    told = time.monotonic()
                    self.on_part(name, tuple(into))
        finally:
            self.on_part(name, tuple(into))


def read_power(session: BmcSession) -> bool:
    """Tell whether the machine is switched on. One request. Raises CompletionCode, Malformed or HardwareError."""
    status = session.command(CHASSIS, GET_CHASSIS_STATUS)
    if not status:
        raise Malformed("the BMC's power state is empty", ADVICE_FIRMWARE)
    return bool(status[0] & 1)
