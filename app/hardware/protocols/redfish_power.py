"""The power of a machine by Redfish: how it is, and the shutdown that its operating system is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from app.core.errors import HardwareError, Malformed, Refused, TimedOut, Unreachable, Unsupported
from app.hardware.protocols.redfish import paths_of
from app.hardware.protocols.redfish_answers import ADVICE_FIRMWARE, ADVICE_FULL, below_root
from app.hardware.protocols.redfish_http import Door
from app.hardware.readings import ChassisPower, RedfishTarget, ShutdownTold

__all__ = ["shut_down"]

RESET: Final = "#ComputerSystem.Reset"  # DMTF DSP2046, ComputerSystem
GRACEFUL: Final = "GracefulShutdown"
ADVICE_BY_HAND: Final = "Have the customer shut it down; what cannot wait is switched off by two people at the machine."


def shut_down(target: RedfishTarget, deadline_s: float) -> ShutdownTold:
    """Ask the machine's operating system to shut down, once, unless it is off already; tell its power around that.

    Raises HardwareError when it was certainly not sent: unreadable before, not offered, or refused.
    """
    with Door(target, deadline_s) as door:
        path = next(iter(paths_of(door, "Systems")), None)
        if path is None:
            raise Unsupported("the service tells of no system", ADVICE_FIRMWARE)
        system = door.get(path)
        before = _power(system)
        if not before.on:
            return ShutdownTold(before, sent=False, after=before)
        doubt = _send(door, _action(door, system))
        after = None
        with suppress(HardwareError):
            after = _power(door.get(path))
        return ShutdownTold(before, None if doubt else True, after, doubt)


def _power(system: Mapping[str, Any]) -> ChassisPower:
    state = system.get("PowerState")
    if not isinstance(state, str) or not state:
        raise Malformed("the service does not say whether the machine is on", ADVICE_FIRMWARE)
    return ChassisPower(state != "Off")


def _action(door: Door, system: Mapping[str, Any]) -> str:
    """Where the shutdown is asked for. Raises Unsupported where the service does not offer a graceful one."""
    actions = system.get("Actions")
    reset = actions.get(RESET) if isinstance(actions, dict) else None
    where = below_root(reset.get("target")) if isinstance(reset, dict) else None
    if where is None or not isinstance(reset, dict):
        raise Unsupported("the service offers no reset of the machine", ADVICE_BY_HAND)
    allowed = reset.get("ResetType@Redfish.AllowableValues") or _told_apart(door, reset.get("@Redfish.ActionInfo"))
    if GRACEFUL not in (allowed if isinstance(allowed, list) else ()):
        raise Unsupported("the service offers no graceful shutdown", ADVICE_BY_HAND)
    return where


def _told_apart(door: Door, link: object) -> object:
    """The allowed values where the service tells them in a resource of their own."""
    path = below_root(link)
    parameters = door.get(path).get("Parameters") if path else None
    named = [one for one in parameters if isinstance(one, dict)] if isinstance(parameters, list) else []
    return next((one.get("AllowableValues") for one in named if one.get("Name") == "ResetType"), None)


def _send(door: Door, where: str) -> str | None:
    """Send it; why nobody knows whether it arrived, None when the service took it."""
    try:
        door.act(where, {"ResetType": GRACEFUL})
    except (TimedOut, Unreachable, Malformed, Refused) as silence:
        if silence.advice == ADVICE_FULL:  # too busy to begin with it
            raise
        return silence.reason
    return None
