"""IPMI: what one BMC says in one session, and the few things a BMC can be told to do.

The parts come in the order a person needs them: power, event log, sensors, identity. A part that fails is
named, and never takes the others with it.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypeVar
from weakref import WeakValueDictionary

from app.core.errors import HardwareError, Malformed, Refused, TimedOut, Unreachable, Unsupported
from app.hardware.protocols.breaker import Breaker
from app.hardware.protocols.deadline import Deadline
from app.hardware.protocols.ipmi_codes import (
    ADVICE_BUSY,
    ADVICE_FIRMWARE,
    ADVICE_PRIVILEGE,
    ADVICE_SESSIONS,
    APPLICATION,
    CompletionCode,
)
from app.hardware.protocols.ipmi_decode import FruLocator
from app.hardware.protocols.ipmi_identity import (
    INVENTORY_MEMORIES,
    checks_of,
    identity_from_device,
    read_identity,
    read_inventory,
    remembered_serial,
)
from app.hardware.protocols.ipmi_log import GET_INFO, KnownLog, clock_skew_s, entry_request, log_state, read_newest
from app.hardware.protocols.ipmi_records import GET_STATE, STORAGE
from app.hardware.protocols.ipmi_sensors import SENSOR_MEMORIES, forget_list, is_health, read_sensors
from app.hardware.protocols.ipmi_session import SESSION_MEMORIES, BmcSession
from app.hardware.protocols.ipmi_wire import Request
from app.hardware.protocols.memory import Memory
from app.hardware.readings import Identity, InventoryItem, IpmiAnswer, IpmiTarget, LogEntry, Sensor

__all__ = ["forget", "identify", "power", "read"]

CHASSIS = 0x00
GET_DEVICE_ID, GET_CHASSIS_STATUS, CHASSIS_IDENTIFY = 0x01, 0x01, 0x04
SDR_REPOSITORY = 0x02
LOG_LIMIT = 200
LOG_SHARE = 0.3
STREAM_EVERY_S = 0.5
FOREVER = 255
# What every read begins with, all at once where the BMC bears it: power, the log's state and newest entry, and the
# state of the sensor list.
FIRST_QUESTIONS = (
    Request(APPLICATION, GET_DEVICE_ID),
    Request(CHASSIS, GET_CHASSIS_STATUS),
    Request(STORAGE, GET_INFO),
    entry_request(),
    Request(STORAGE, GET_STATE),
)
UNKNOWN_COMMANDS = frozenset({0xC1, 0xC2, 0xCC})

OnPart = Callable[[str, object], None]
Item = TypeVar("Item")


class _Turn:
    """Whose turn it is to read a BMC; kept only while somebody reads or waits."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


def read(target: IpmiTarget, deadline_s: float, on_part: OnPart | None = None, *, insists: bool = False) -> IpmiAnswer:
    """Return all that the BMC says before the deadline; what it did not say is named in `problems`.

    `on_part(name, value)` is called as parts arrive: "power" (bool), "log" (tuple), "health" (those sensors that
    tell the states of power supplies and drives), "sensors" (tuple), "identity", "inventory" (tuple, where the machine
    names parts that have one).
    A long part is told again as it grows; each call carries all of it so far. The log is newest first and
    holds at most `LOG_LIMIT` entries. Cost: about 3 requests a sensor, 1 a reading and 1 a log entry at first;
    later, while the BMC says that its sensor list is unchanged, 1 a reading, 1 a new log entry and 1 a part that keeps
    an inventory of its own.
    Reads of one BMC from one process follow each other: BMCs have few sessions, and readers cost each other
    their reservations. A BMC that let no session come about three times in a row, or has none free, is left alone for
    a minute: then the last failure is raised again at once; but who `insists`, a person who waits for it, gets one try,
    and both its answer and its failure say so. Raises Unreachable, TimedOut, AuthRefused, Refused, Unsupported or
    Malformed when nothing could be read.
    """
    deadline = Deadline(deadline_s)
    with _only_reader(target, deadline):
        was_left_alone = _breaker.check(target, insists=insists)
        with _open(target, deadline, was_left_alone=was_left_alone) as session:
            reading = _Reading(session, on_part or _tell_nobody, Deadline(deadline.remaining_s * LOG_SHARE))
            reading.take_all()
            return replace(reading.answer(), was_left_alone=was_left_alone)


def power(target: IpmiTarget, deadline_s: float) -> bool:
    """Tell whether the machine is switched on. Raises HardwareError."""
    with BmcSession(target, deadline_s) as session:
        try:
            return _read_power(session)
        except CompletionCode as refusal:
            raise as_error(refusal, "the power state") from refusal


def identify(target: IpmiTarget, seconds: int, deadline_s: float) -> None:
    """Let the machine's identify light blink for `seconds` (1 to 255), or switch it off with 0.

    Needs the operator privilege. Raises Unsupported where the BMC has no such light, else HardwareError.
    """
    if not 0 <= seconds <= FOREVER:
        raise ValueError(f"identify takes 0 to {FOREVER} seconds, not {seconds}")
    with BmcSession(target, deadline_s) as session:
        try:
            session.use_privilege()
            session.command(CHASSIS, CHASSIS_IDENTIFY, bytes([seconds]))
        except CompletionCode as refusal:
            raise as_error(refusal, "the identify light") from refusal


def forget() -> None:
    """Forget all that is remembered of BMCs in this process: the next read of each is as the first."""
    for memory in (_logs, *SESSION_MEMORIES, *SENSOR_MEMORIES, *INVENTORY_MEMORIES):
        memory.clear()
    _breaker.clear()


# By machine. For an hour, so that the BMC's clock is compared with ours at least as often.
_logs: Memory[KnownLog] = Memory(size=1000, keep_s=3600)
_breaker = Breaker()
_reading_now: WeakValueDictionary[tuple[str, int], _Turn] = WeakValueDictionary()
_registry = threading.Lock()


def _open(target: IpmiTarget, deadline: Deadline, *, was_left_alone: bool) -> BmcSession:
    """Open a session; a BMC that fails again and again is left alone after it."""
    try:
        session = BmcSession(target, deadline.remaining_s)
    except HardwareError as failed:
        _breaker.failed(target, failed, at_once=was_left_alone or failed.advice == ADVICE_SESSIONS)
        if was_left_alone:
            raise type(failed)(f"{failed.reason}; it was left alone and asked all the same", failed.advice) from failed
        raise
    _breaker.answered(target)
    return session


@contextlib.contextmanager
def _only_reader(target: IpmiTarget, deadline: Deadline) -> Iterator[None]:
    """Wait until nobody else in this process reads this BMC. Raises TimedOut."""
    with _registry:
        turn = _reading_now.setdefault((target.address, target.port), _Turn())
    if not turn.lock.acquire(timeout=deadline.remaining_s):
        raise TimedOut("another read of this BMC is still going on", ADVICE_BUSY)
    try:
        yield
    finally:
        turn.lock.release()


@dataclass
class _Reading:
    """What has been gathered so far in one session. The log may take its share of the time, no more."""

    session: BmcSession
    on_part: OnPart
    log_deadline: Deadline
    power_on: bool | None = None
    log: list[LogEntry] = field(default_factory=list)
    sensors: list[Sensor] = field(default_factory=list)
    device: bytes = b""
    machine: Hashable = None
    identity: Identity = field(default_factory=Identity)
    skew_s: float | None = None
    log_full: bool = False
    locators: list[FruLocator] = field(default_factory=list)
    inventory: list[InventoryItem] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    first_error: HardwareError | None = None

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
        self.session.ask_ahead(FIRST_QUESTIONS)
        self.device = self.session.command(APPLICATION, GET_DEVICE_ID)
        self.session.is_model(self.device)
        self.identity = identity_from_device(self.device)
        self.machine = (self.session.where, self.device, self.session.guid)
        self.power_on = _read_power(self.session)
        self.on_part("power", self.power_on)

    def _log(self) -> None:
        state = log_state(self.session)
        self.log_full = state.full
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
        sensors = read_sensors(self.session, self.machine, from_device=from_device, locators=self.locators)
        self._gather("sensors", self._health_first(sensors), self.sensors)

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
        self.session.ask_ahead(checks_of(self.machine, self.locators))
        before = remembered_serial(self.machine)
        try:
            self.identity, broken = read_identity(self.session, self.identity, self.machine)
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
            self._gather("inventory", read_inventory(self.session, self.machine, self.locators), self.inventory)

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


def _tell_nobody(_name: str, _part: object) -> None:
    """Stand in for a caller that does not want parts as they arrive."""


def _read_power(session: BmcSession) -> bool:
    status = session.command(CHASSIS, GET_CHASSIS_STATUS)
    if not status:
        raise Malformed("the BMC's power state is empty", ADVICE_FIRMWARE)
    return bool(status[0] & 1)


def as_error(refusal: CompletionCode, what: str) -> HardwareError:
    """Return the typed error for a request that the BMC refused."""
    if refusal.code in UNKNOWN_COMMANDS:
        return Unsupported(f"the BMC does not offer {what}", ADVICE_FIRMWARE)
    return Refused(f"the BMC refused {what}: {refusal}", ADVICE_PRIVILEGE if refusal.code == 0xD4 else ADVICE_BUSY)
