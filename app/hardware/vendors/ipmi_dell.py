"""Dell PowerEdge (iDRAC): the standard's sensor tables, and the memory slot in the data bytes of log entries.

Source: the decoding that Dell gave to ipmitool (lib/ipmi_sel.c, Dell section); no recording was at hand.
"""

from __future__ import annotations

from app.hardware.families.ipmi import IpmiFamily
from app.hardware.vendors._ipmi_generic_events import GENERIC, THRESHOLD_EVENTS
from app.hardware.vendors._ipmi_part_types import OF_PARTS, PLAIN_KINDS
from app.hardware.vendors._ipmi_system_types import OF_THE_SYSTEM

OEM_SECOND, OEM_THIRD = 0x80, 0x20
SLOTS_OF_PROCESSOR = {8: 4, 9: 6, 10: 8, 11: 9, 12: 12, 13: 24, 14: 3}  # by the upper half of data byte 2
NOTHING = 0x0F
BITS = 8


def module_of(first: int, second: int, third: int) -> str | None:
    """The slot ("A1") that an entry of the memory sensor means; None when it names none, or several at once."""
    if first & 0xC0 != OEM_SECOND or first & 0x30 != OEM_THIRD:
        return None
    marked = [bit for bit in range(BITS) if third >> bit & 1]
    if len(marked) != 1:
        return None
    bank = second & NOTHING
    place = marked[0] + (0 if bank == NOTHING else bank * BITS)
    slots = SLOTS_OF_PROCESSOR.get(second >> 4)
    if slots is not None:
        return f"{chr(ord('A') + place // slots)}{place % slots + 1}"
    return str(place + 1) if second >> 4 == NOTHING else None  # on a memory card, whose slots have names of their own


FAMILY = IpmiFamily(
    name="ipmi_dell",
    title="Dell PowerEdge, IPMI",
    identified_by=("DELL", "Dell"),
    specific={**OF_PARTS, **OF_THE_SYSTEM},
    generic=GENERIC,
    threshold_events=THRESHOLD_EVENTS,
    plain_kinds=PLAIN_KINDS,
    module_of=module_of,
)
