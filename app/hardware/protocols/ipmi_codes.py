"""What a BMC's refusals mean, and what a person can do about each (IPMI 2.0 tables 5-2 and 13-15)."""

from __future__ import annotations

from app.core.errors import AuthRefused, HardwareError, Refused, Unsupported

CHASSIS, APPLICATION = 0x00, 0x06
GET_CHASSIS_STATUS = 0x01

# Completion codes after which the same request may succeed: busy, timeout, no response, duplicate, still starting.
TRY_AGAIN = frozenset({0xC0, 0xC3, 0xCE, 0xCF, 0xD0, 0xD2})
UNKNOWN_COMMANDS = frozenset({0xC1, 0xC2, 0xCC})
COMPLETION_WORDS = {
    0xC0: "the BMC is busy",
    0xC1: "the BMC does not know this command",
    0xC3: "the BMC timed out inside",
    0xC5: "the reservation was lost",
    0xC9: "out of range",
    0xCA: "the BMC cannot return so many bytes",
    0xCB: "not present",
    0xCC: "the BMC calls the request invalid",
    0xCD: "not possible for this sensor or record",
    0xCE: "the BMC could not give a response",
    0xD3: "the controller behind the BMC does not answer",
    0xD4: "this account's privilege is too low",
    0xD5: "not possible in the present state",
    0xFF: "unspecified error",
}

# RMCP+ status codes. The first set is answered by another suite or a lower privilege.
TRY_NEXT = frozenset({0x04, 0x05, 0x06, 0x07, 0x09, 0x0A, 0x0B, 0x10, 0x11, 0x12})
WRONG_ACCOUNT = frozenset({0x0C, 0x0D, 0x0E, 0x0F})
SESSIONS_EXHAUSTED = frozenset({0x01, 0x0B})

ADVICE_REACH = "Check the BMC's address, its network cable and that the machine has standby power."
ADVICE_SLOW = "The BMC is overloaded or the network loses packets; try again, and reset the BMC if it stays so."
ADVICE_ACCOUNT = "Check the BMC's user name and password, and that the account may use IPMI over LAN."
ADVICE_SESSIONS = (
    "All sessions of the BMC are taken. Wait a minute; if it stays so, end idle sessions or reset the BMC."
)
ADVICE_BUSY = "Try again in a minute; if it stays so, reset the BMC."
ADVICE_PRIVILEGE = "Give the account at least the operator privilege on the BMC's LAN channel."
ADVICE_FIRMWARE = "Update the BMC's firmware or use another source, such as Redfish."


class CompletionCode(Exception):
    """The BMC answered a request with a completion code other than success."""

    def __init__(self, code: int) -> None:
        super().__init__(f"{COMPLETION_WORDS.get(code, 'refused')} (completion code 0x{code:02X})")
        self.code = code


def status_error(status: int) -> HardwareError:
    """Return the typed error for the status with which a BMC refuses a session."""
    if status in SESSIONS_EXHAUSTED:
        return Refused("the BMC has no free session", ADVICE_SESSIONS)
    if status in WRONG_ACCOUNT:
        return AuthRefused("the BMC does not accept the user name and password", ADVICE_ACCOUNT)
    if status in (0x09, 0x0A):
        return Refused("the BMC refuses the privilege level", ADVICE_PRIVILEGE)
    return Refused(f"the BMC opens no session (RMCP+ status 0x{status:02X})", ADVICE_FIRMWARE)


def as_error(refusal: CompletionCode, what: str) -> HardwareError:
    """Return the typed error for a request that the BMC refused."""
    if refusal.code in UNKNOWN_COMMANDS:
        return Unsupported(f"the BMC does not offer {what}", ADVICE_FIRMWARE)
    return Refused(f"the BMC refused {what}: {refusal}", ADVICE_PRIVILEGE if refusal.code == 0xD4 else ADVICE_BUSY)
