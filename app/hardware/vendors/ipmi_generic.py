"""Every BMC that speaks IPMI 2.0: the standard's own sensor tables.

Source: Intelligent Platform Management Interface Specification v2.0 rev 1.1, tables 42-1 (threshold events),
42-2 (generic event/reading types) and 42-3 (sensor-specific offsets).
"""

from __future__ import annotations

from app.hardware.families.ipmi import IpmiFamily
from app.hardware.vendors._ipmi_generic_events import GENERIC, THRESHOLD_EVENTS
from app.hardware.vendors._ipmi_part_types import OF_PARTS, PLAIN_KINDS
from app.hardware.vendors._ipmi_system_types import OF_THE_SYSTEM

FAMILY = IpmiFamily(
    name="ipmi_generic",
    title="IPMI 2.0, standard sensors",
    identified_by=(),
    specific={**OF_PARTS, **OF_THE_SYSTEM},
    generic=GENERIC,
    threshold_events=THRESHOLD_EVENTS,
    plain_kinds=PLAIN_KINDS,
)
