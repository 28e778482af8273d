"""Chassis power over IPMI: how it is, why it last changed, and the shutdown that its operating system is asked for."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from app.core.errors import HardwareError, Malformed, TimedOut, Unreachable
from app.hardware.protocols.ipmi_codes import (
    ADVICE_FIRMWARE,
    CHASSIS,
    GET_CHASSIS_STATUS,
    CompletionCode,
    as_error,
)
from app.hardware.protocols.ipmi_session import BmcSession
from app.hardware.readings import ChassisPower, IpmiTarget, ShutdownTold

__all__ = ["shut_down"]

CHASSIS_CONTROL: Final = 0x02
SOFT_SHUTDOWN: Final = 0x05  # IPMI 2.0 table 28-4: by emulating a fatal overtemperature, in ACPI terms the button
MAYBE_DONE: Final = frozenset({0xC3, 0xCE, 0xCF})  # a timeout inside, no response possible, a duplicate
LAST_CHANGES: Final = (  # IPMI 2.0 table 28-3, byte 3, from bit 0
    "its mains was lost", "it went down by overload", "it went down by an open interlock",
    "it went down by a power fault", "it was switched on by a command to the BMC",
)  # fmt: skip
WHAT: Final = "the shutdown"


def shut_down(target: IpmiTarget, deadline_s: float) -> ShutdownTold:
    """Ask the machine's operating system to shut down, once, unless it is off already; tell its power around that.

    Needs the operator privilege. Raises HardwareError when it was certainly not sent: unreadable before, or refused.
    """
    with BmcSession(target, deadline_s) as session:
        try:
            session.use_privilege()
            before = chassis_power(session)
        except CompletionCode as refusal:
            raise as_error(refusal, WHAT) from refusal
        if not before.on:
            return ShutdownTold(before, sent=False, after=before)
        doubt = _send(session)
        after = None
        with suppress(HardwareError, CompletionCode):
            after = chassis_power(session)
        return ShutdownTold(before, None if doubt else True, after, doubt)


def chassis_power(session: BmcSession) -> ChassisPower:
    """Get Chassis Status. Raises CompletionCode, HardwareError."""
    status = session.command(CHASSIS, GET_CHASSIS_STATUS)
    if not status:
        raise Malformed("the BMC's power state is empty", ADVICE_FIRMWARE)
    said = [words for bit, words in enumerate(LAST_CHANGES) if len(status) > 1 and status[1] >> bit & 1]
    return ChassisPower(bool(status[0] & 1), "; ".join(said) or None)


def _send(session: BmcSession) -> str | None:
    """Send it; why nobody knows whether it arrived, None when the BMC took it."""
    try:
        session.command_once(CHASSIS, CHASSIS_CONTROL, bytes([SOFT_SHUTDOWN]))
    except CompletionCode as refusal:
        if refusal.code in MAYBE_DONE:
            return str(refusal)
        raise as_error(refusal, WHAT) from refusal
    except (TimedOut, Unreachable, Malformed) as silence:
        return silence.reason
    return None
