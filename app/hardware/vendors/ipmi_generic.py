"""Every BMC that speaks IPMI 2.0: the standard's own sensor tables.

Source: Intelligent Platform Management Interface Specification v2.0 rev 1.1, tables 42-1 (threshold events),
42-2 (generic event/reading types) and 42-3 (sensor-specific offsets). The states are ours: critical is a part that
does not do its work, warning one that soon may not, and what the machine does on purpose is ok.
"""

from __future__ import annotations

from app.hardware.diagnostics import Kind
from app.hardware.facts import Fault, Meaning
from app.hardware.families_ipmi import IpmiFamily, SensorType
from app.hardware.readings import State


def _ok(words: str, fault: Fault | None = None) -> Meaning:
    return Meaning(State.OK, words, fault)


def _warning(words: str, fault: Fault | None = None) -> Meaning:
    return Meaning(State.WARNING, words, fault)


def _critical(words: str, fault: Fault | None = None) -> Meaning:
    return Meaning(State.CRITICAL, words, fault)


THRESHOLD_EVENTS = {  # table 42-2, event/reading type 01h; even at the lower, odd at the upper limits is the bad one
    0x0: _warning("fell below its lower warning limit", Fault.LIMIT),
    0x1: _ok("back above its lower warning limit"),
    0x2: _critical("fell below its lower critical limit", Fault.LIMIT),
    0x3: _ok("back above its lower critical limit"),
    0x4: _critical("fell below its lower non-recoverable limit", Fault.LIMIT),
    0x5: _ok("back above its lower non-recoverable limit"),
    0x6: _ok("back below its upper warning limit"),
    0x7: _warning("rose above its upper warning limit", Fault.LIMIT),
    0x8: _ok("back below its upper critical limit"),
    0x9: _critical("rose above its upper critical limit", Fault.LIMIT),
    0xA: _ok("back below its upper non-recoverable limit"),
    0xB: _critical("rose above its upper non-recoverable limit", Fault.LIMIT),
}

GENERIC = {  # table 42-2
    0x04: {0: _ok("no failure predicted"), 1: _warning("failure predicted", Fault.PREDICTED)},
    0x05: {0: _ok("limit not exceeded"), 1: _warning("limit exceeded", Fault.LIMIT)},
    0x06: {0: _ok("performance met"), 1: _warning("performance lags")},
    0x07: {
        0: _ok("back to ok"),
        1: _warning("not critical, but not ok"),
        2: _critical("critical", Fault.FAILED),
        3: _critical("beyond recovery", Fault.FAILED),
        4: _warning("still not ok, less severe than before"),
        5: _critical("still critical, less severe than before", Fault.FAILED),
        6: _critical("beyond recovery", Fault.FAILED),
        7: _ok("being watched"),
        8: _ok("for information"),
    },
    0x08: {0: Meaning(State.ABSENT, "not there"), 1: _ok("there")},
    0x0A: {
        0: _ok("running"),
        1: _ok("in test"),
        2: _ok("switched off"),
        3: _ok("on line"),
        4: _ok("off line"),
        5: _ok("off duty"),
        6: _warning("degraded"),
        7: _ok("saving power"),
        8: _warning("wrongly installed", Fault.MISMATCHED),
    },
    0x0B: {
        0: _ok("fully redundant"),
        1: _critical("redundancy lost", Fault.REDUNDANCY_LOST),
        2: _warning("redundancy degraded", Fault.REDUNDANCY_LOST),
        3: _warning("not redundant, but enough to run", Fault.REDUNDANCY_LOST),
        4: _warning("not redundant, but enough to run", Fault.REDUNDANCY_LOST),
        5: _critical("not redundant and not enough to run", Fault.REDUNDANCY_LOST),
        6: _warning("redundancy degraded", Fault.REDUNDANCY_LOST),
        7: _warning("redundancy degraded", Fault.REDUNDANCY_LOST),
    },
}

SPECIFIC = {  # table 42-3, by sensor type
    0x05: SensorType(
        Kind.CHASSIS,
        {
            0: _warning("chassis opened", Fault.OPEN),
            1: _warning("drive bay opened", Fault.OPEN),
            2: _warning("I/O card area opened", Fault.OPEN),
            3: _warning("processor area opened", Fault.OPEN),
            4: _warning("network leash lost", Fault.OPEN),
            5: _warning("unauthorised dock", Fault.OPEN),
            6: _warning("fan area opened", Fault.OPEN),
        },
    ),
    0x07: SensorType(
        Kind.CPU,
        {
            0: _critical("internal error (IERR)", Fault.FAILED),
            1: _critical("thermal trip", Fault.FAILED),
            2: _critical("self test failed", Fault.FAILED),
            3: _critical("hung in the power-on test", Fault.FAILED),
            4: _critical("did not start", Fault.FAILED),
            5: _critical("configuration error", Fault.MISMATCHED),
            6: _critical("uncorrectable CPU-complex error", Fault.UNCORRECTABLE),
            7: _ok("present"),
            8: _warning("disabled"),
            9: _ok("terminator present"),
            10: _warning("throttled"),
            11: _critical("uncorrectable machine check", Fault.UNCORRECTABLE),
            12: _warning("correctable machine check", Fault.CORRECTABLE),
        },
        presence=7,
        momentary=frozenset({0, 6, 11, 12}),
        explained_by=frozenset({Kind.CPU}),
    ),
    0x08: SensorType(
        Kind.PSU,
        {
            0: _ok("present"),
            1: _critical("failed", Fault.FAILED),
            2: _warning("failure predicted", Fault.PREDICTED),
            3: _critical("input lost", Fault.INPUT_LOST),
            4: _critical("input lost or out of range", Fault.INPUT_LOST),
            5: _warning("input out of range", Fault.LIMIT),
            6: _warning("configuration error", Fault.MISMATCHED),
            7: _ok("on standby"),
        },
        presence=0,
        empty_without=True,
        explained_by=frozenset({Kind.PSU}),
    ),
    0x09: SensorType(
        Kind.SYSTEM,
        {
            0: _ok("powered off"),
            1: _ok("power cycled"),
            2: _critical("240 VA power down", Fault.FAILED),
            3: _warning("interlock power down"),
            4: _critical("AC lost", Fault.INPUT_LOST),
            5: _critical("did not follow its power button", Fault.FAILED),
            6: _critical("failed", Fault.FAILED),
            7: _warning("failure predicted", Fault.PREDICTED),
        },
        explained_by=frozenset({Kind.PSU}),
    ),
    0x0C: SensorType(
        Kind.MEMORY,
        {
            0: _warning("correctable ECC", Fault.CORRECTABLE),
            1: _critical("uncorrectable ECC", Fault.UNCORRECTABLE),
            2: _critical("parity error", Fault.UNCORRECTABLE),
            3: _warning("memory scrub failed", Fault.CORRECTABLE),
            4: _warning("disabled", Fault.FAILED),
            5: _warning("correctable ECC, logging limit reached", Fault.CORRECTABLE),
            6: _ok("present"),
            7: _warning("configuration error", Fault.MISMATCHED),
            8: _ok("spare"),
            9: _warning("throttled"),
            10: _critical("critically hot", Fault.LIMIT),
        },
        presence=6,
        momentary=frozenset({0, 1, 2, 3, 5}),
        explained_by=frozenset({Kind.MEMORY}),
    ),
    0x0D: SensorType(
        Kind.DRIVE,
        {
            0: _ok("present"),
            1: _critical("failed", Fault.FAILED),
            2: _warning("failure predicted", Fault.PREDICTED),
            3: _ok("hot spare"),
            4: _ok("consistency check running"),
            5: _warning("in a degraded array", Fault.ARRAY_DEGRADED),
            6: _critical("in a failed array", Fault.ARRAY_DEGRADED),
            7: _ok("rebuilding", Fault.REBUILDING),
            8: _warning("rebuild aborted"),
        },
        presence=0,
        empty_without=True,
        explained_by=frozenset({Kind.DRIVE}),
    ),
    0x10: SensorType(
        Kind.BMC,
        {
            0: _ok("logging of correctable memory errors switched off"),
            1: _ok("logging of one event type switched off"),
            2: _ok("event log cleared"),
            3: _warning("all event logging switched off"),
            4: _warning("event log full"),
            5: _ok("event log almost full"),
            6: _ok("logging of correctable machine checks switched off"),
        },
    ),
    0x13: SensorType(
        Kind.SYSTEM,
        {
            0: _warning("NMI by the front panel button"),
            1: _critical("bus timeout", Fault.UNCORRECTABLE),
            2: _critical("I/O channel check", Fault.UNCORRECTABLE),
            3: _ok("software NMI"),
            4: _critical("PCI parity error", Fault.UNCORRECTABLE),
            5: _critical("PCI system error", Fault.UNCORRECTABLE),
            6: _warning("EISA fail safe timeout"),
            7: _warning("correctable bus error", Fault.CORRECTABLE),
            8: _critical("uncorrectable bus error", Fault.UNCORRECTABLE),
            9: _critical("fatal NMI", Fault.UNCORRECTABLE),
            10: _critical("fatal bus error", Fault.UNCORRECTABLE),
            11: _warning("bus degraded"),
        },
        momentary=frozenset(range(1, 12)),
        explained_by=frozenset({Kind.MEMORY, Kind.CPU}),
    ),
    0x1B: SensorType(Kind.SYSTEM, {0: _ok("connected"), 1: _warning("wrongly connected cable", Fault.MISMATCHED)}),
    0x21: SensorType(
        Kind.SYSTEM,
        {
            0: _critical("slot fault", Fault.FAILED),
            1: _ok("identify light on"),
            2: _ok("device installed"),
            5: _ok("power off"),
        },
    ),
    0x23: SensorType(
        Kind.SYSTEM,
        {
            0: _ok("watchdog timer ran out, no action"),
            1: _warning("watchdog reset the machine"),
            2: _warning("watchdog switched the machine off"),
            3: _warning("watchdog power-cycled the machine"),
            8: _ok("watchdog timer interrupt"),
        },
    ),
    0x28: SensorType(
        Kind.BMC,
        {
            0: _warning("sensor access degraded"),
            1: _warning("controller access degraded"),
            2: _warning("management controller off line"),
            3: _critical("management controller unavailable", Fault.FAILED),
            4: _warning("sensor failure"),
            5: _warning("FRU failure"),
        },
    ),
    0x29: SensorType(
        Kind.BATTERY,
        {0: _warning("low", Fault.PREDICTED), 1: _critical("failed", Fault.FAILED), 2: _ok("present")},
        presence=2,
    ),
}

FAMILY = IpmiFamily(
    name="ipmi_generic",
    title="IPMI 2.0, standard sensors",
    identified_by=(),
    specific=SPECIFIC,
    generic=GENERIC,
    threshold_events=THRESHOLD_EVENTS,
    plain_kinds={0x01: Kind.TEMPERATURE, 0x02: Kind.VOLTAGE, 0x03: Kind.CURRENT, 0x04: Kind.FAN},
)
