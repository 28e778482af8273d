"""IPMI: what one BMC says in one session, and the few things a BMC can be told to do.

What is read in which order stands in `ipmi_reading.py`; here is who may read when, and for how long.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from weakref import WeakValueDictionary

from app.core.errors import HardwareError, TimedOut
from app.hardware.protocols.breaker import Breaker
from app.hardware.protocols.deadline import Deadline
from app.hardware.protocols.ipmi_codes import ADVICE_BUSY, ADVICE_SESSIONS, CHASSIS, CompletionCode, as_error
from app.hardware.protocols.ipmi_identity import INVENTORY_MEMORIES
from app.hardware.protocols.ipmi_reading import READING_MEMORIES, OnPart, Reading, read_power
from app.hardware.protocols.ipmi_sensors import SENSOR_MEMORIES
from app.hardware.protocols.ipmi_session import SESSION_MEMORIES, BmcSession
from app.hardware.readings import IpmiAnswer, IpmiTarget

__all__ = ["GOODBYE", "forget", "identify", "power", "read"]

CHASSIS_IDENTIFY = 0x04
LOG_SHARE = 0.3
FOREVER = 255
GOODBYE = "goodbye"  # the name of threads that close a session after its read


class _Turn:
    """Whose turn it is to read a BMC; kept only while somebody reads or waits."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


def read(
    target: IpmiTarget,
    deadline_s: float,
    on_part: OnPart | None = None,
    *,
    insists: bool = False,
    believes: bool = False,
) -> IpmiAnswer:
    """Return all that the BMC says before the deadline; what it did not say is named in `problems`.

    `on_part(name, value)` is called as parts arrive: "power" (bool), "log" (tuple), "health" (those sensors that
    tell the states of power supplies and drives), "sensors" (tuple), "identity", "inventory" (tuple, where the machine
    names parts that have one).
    A long part is told again as it grows; each call carries all of it so far. The log is newest first and
    holds at most 200 entries. Cost: about 3 requests a sensor, 1 a reading and 1 a log entry at first;
    later, while the BMC says that its sensor list is unchanged, 1 a reading, 1 a new log entry and 1 a part that keeps
    an inventory of its own. Who `believes` spares the device id, the newest log entry and the inventories of a machine
    that was looked at in full within the hour, while its log and its sensor list say that nothing happened: for sweeps,
    not for where something is decided by a serial number.
    Reads of one BMC from one process follow each other: BMCs have few sessions, and readers cost each other
    their reservations. A BMC that let no session come about three times in a row, or has none free, is left alone for
    a minute: then the last failure is raised again at once; but who `insists`, a person who waits for it, gets one try,
    and both its answer and its failure say so. Raises Unreachable, TimedOut, AuthRefused, Refused, Unsupported or
    Malformed when nothing could be read.
    """
    deadline = Deadline(deadline_s)
    turn = _take_turn(target, deadline)
    try:
        was_left_alone = _breaker.check(target, insists=insists)
        session = _open(target, deadline, was_left_alone=was_left_alone)
    except BaseException:
        turn.lock.release()
        raise
    try:
        log_deadline = Deadline(deadline.remaining_s * LOG_SHARE)
        reading = Reading(session, on_part or _tell_nobody, log_deadline, believes)
        reading.take_all()
        return replace(reading.answer(), was_left_alone=was_left_alone)
    finally:
        _leave(session, turn)


def power(target: IpmiTarget, deadline_s: float) -> bool:
    """Tell whether the machine is switched on. Raises HardwareError."""
    with BmcSession(target, deadline_s) as session:
        try:
            return read_power(session)
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
    for memory in (*READING_MEMORIES, *SESSION_MEMORIES, *SENSOR_MEMORIES, *INVENTORY_MEMORIES):
        memory.clear()
    _breaker.clear()


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


def _take_turn(target: IpmiTarget, deadline: Deadline) -> _Turn:
    """Wait until nobody else in this process reads this BMC. Raises TimedOut."""
    with _registry:
        turn = _reading_now.setdefault((target.address, target.port), _Turn())
    if not turn.lock.acquire(timeout=deadline.remaining_s):
        raise TimedOut("another read of this BMC is still going on", ADVICE_BUSY)
    return turn


def _leave(session: BmcSession, turn: _Turn) -> None:
    """Close the session and give the turn to the next, in a thread: what was read need not wait a round trip for it."""

    def close() -> None:
        try:
            session.close()
        finally:
            turn.lock.release()

    try:
        threading.Thread(target=close, name=GOODBYE).start()
    except RuntimeError:  # this process has no thread left, or is about to end
        close()


def _tell_nobody(_name: str, _part: object) -> None:
    """Stand in for a caller that does not want parts as they arrive."""
