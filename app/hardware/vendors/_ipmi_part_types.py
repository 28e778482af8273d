"""What the states of parts say: IPMI 2.0 table 42-3, by sensor type, bit by bit.

The states are ours: critical is a part that does not do its work, warning one that soon may not, and what the
machine does on purpose is ok.
"""

from __future__ import annotations

from app.hardware.diagnostics import Kind
from app.hardware.facts import Fault, Meaning
from app.hardware.families.ipmi import SensorType
from app.hardware.readings import State
from app.hardware.vendors._words import absent, critical, ok, warning

OF_PARTS = {
    0x05: SensorType(
        Kind.CHASSIS,
        {
            0: warning("chassis opened", Fault.OPEN),
            1: warning("drive bay opened", Fault.OPEN),
            2: warning("I/O card area opened", Fault.OPEN),
            3: warning("processor area opened", Fault.OPEN),
            4: warning("network leash lost", Fault.OPEN),
            5: warning("unauthorised dock", Fault.OPEN),
            6: warning("fan area opened", Fault.OPEN),
        },
    ),
    0x07: SensorType(
        Kind.CPU,
        {
            0: critical("internal error (IERR)", Fault.FAILED),
            1: critical("thermal trip", Fault.FAILED),
            2: critical("self test failed", Fault.FAILED),
            3: critical("hung in the power-on test", Fault.FAILED),
            4: critical("did not start", Fault.FAILED),
            5: critical("configuration error", Fault.MISMATCHED),
            6: critical("uncorrectable CPU-complex error", Fault.UNCORRECTABLE),
            7: ok("present"),
            8: warning("disabled"),
            9: ok("terminator present"),
            10: warning("throttled"),
            11: critical("uncorrectable machine check", Fault.UNCORRECTABLE),
            12: warning("correctable machine check", Fault.CORRECTABLE),
        },
        presence=7,
        momentary=frozenset({0, 6, 11, 12}),
        explained_by=frozenset({Kind.CPU}),
    ),
    0x08: SensorType(
        Kind.PSU,
        {
            0: ok("present"),
            1: critical("failed", Fault.FAILED),
            2: warning("failure predicted", Fault.PREDICTED),
            3: critical("input lost", Fault.INPUT_LOST),
            4: critical("input lost or out of range", Fault.INPUT_LOST),
            5: warning("input out of range", Fault.LIMIT),
            6: warning("configuration error", Fault.MISMATCHED),
            7: ok("on standby"),
        },
        presence=0,
        empty_without=True,
        explained_by=frozenset({Kind.PSU}),
    ),
    0x09: SensorType(
        Kind.SYSTEM,
        {
            0: ok("powered off"),
            1: ok("power cycled"),
            2: critical("240 VA power down", Fault.FAILED),
            3: warning("interlock power down"),
            4: critical("AC lost", Fault.INPUT_LOST),
            5: critical("did not follow its power button", Fault.FAILED),
            6: critical("failed", Fault.FAILED),
            7: warning("failure predicted", Fault.PREDICTED),
        },
        explained_by=frozenset({Kind.PSU}),
    ),
    0x0C: SensorType(
        Kind.MEMORY,
        {
            0: warning("correctable ECC", Fault.CORRECTABLE),
            1: critical("uncorrectable ECC", Fault.UNCORRECTABLE),
            2: critical("parity error", Fault.UNCORRECTABLE),
            3: warning("memory scrub failed", Fault.CORRECTABLE),
            4: critical("disabled", Fault.FAILED),
            5: warning("correctable ECC, logging limit reached", Fault.CORRECTABLE),
            6: ok("present"),
            7: warning("configuration error", Fault.MISMATCHED),
            8: ok("spare"),
            9: warning("throttled"),
            10: critical("critically hot", Fault.LIMIT),
        },
        presence=6,
        momentary=frozenset({0, 1, 2, 3, 5}),
        explained_by=frozenset({Kind.MEMORY}),
    ),
    0x0D: SensorType(
        Kind.DRIVE,
        {
            0: ok("present"),
            1: critical("failed", Fault.FAILED),
            2: warning("failure predicted", Fault.PREDICTED),
            3: ok("hot spare"),
            4: ok("consistency check running"),
            5: warning("in a degraded array", Fault.ARRAY_DEGRADED),
            6: critical("in a failed array", Fault.ARRAY_DEGRADED),
            7: Meaning(State.OK, "rebuilding", Fault.REBUILDING),
            8: warning("rebuild aborted"),
        },
        presence=0,
        empty_without=True,
        explained_by=frozenset({Kind.DRIVE}),
    ),
    0x1B: SensorType(Kind.SYSTEM, {0: ok("connected"), 1: warning("wrongly connected cable", Fault.MISMATCHED)}),
    0x1D: SensorType(
        Kind.SYSTEM,
        {
            0: ok("started by power-up"),
            1: ok("started by a hard reset"),
            2: ok("started by a warm reset"),
            3: ok("started from the network, as asked"),
            4: ok("started into its diagnostics"),
            5: ok("reset hard by the system"),
            6: ok("reset warm by the system"),
            7: ok("restarted"),
        },
        passing=True,
    ),
    0x21: SensorType(
        Kind.SYSTEM,
        {
            0: critical("slot fault", Fault.FAILED),
            1: ok("identify light on"),
            2: ok("device installed"),
            3: ok("ready for a device"),
            4: ok("ready for removal"),
            5: ok("power off"),
            6: ok("removal asked for"),
            7: warning("interlock open", Fault.OPEN),
            8: ok("slot disabled"),
            9: ok("holds a spare"),
        },
    ),
    0x25: SensorType(
        Kind.SYSTEM, {0: ok("there"), 1: absent(), 2: ok("there, but disabled")}, presence=0, by_entity=True
    ),
    0x27: SensorType(Kind.NIC, {0: warning("heartbeat lost"), 1: ok("heartbeat")}),
    0x28: SensorType(
        Kind.BMC,
        {
            0: warning("sensor access degraded"),
            1: warning("controller access degraded"),
            2: warning("management controller off line"),
            3: critical("management controller unavailable", Fault.FAILED),
            4: warning("sensor failure"),
            5: warning("FRU failure"),
        },
    ),
    0x29: SensorType(
        Kind.BATTERY,
        {0: warning("low", Fault.PREDICTED), 1: critical("failed", Fault.FAILED), 2: ok("present")},
        presence=2,
    ),
    0x2C: SensorType(
        Kind.SYSTEM,
        {
            0: absent("not installed"),
            1: ok("inactive"),
            2: ok("activation asked for"),
            3: ok("being activated"),
            4: ok("active"),
            5: ok("deactivation asked for"),
            6: ok("being deactivated"),
            7: critical("communication lost", Fault.FAILED),
        },
        by_entity=True,
    ),
}

PLAIN_KINDS = {  # sensor types that have no states of their own
    0x01: Kind.TEMPERATURE,
    0x02: Kind.VOLTAGE,
    0x03: Kind.CURRENT,
    0x04: Kind.FAN,
    0x0A: Kind.FAN,
    0x0E: Kind.MEMORY,
    0x18: Kind.CHASSIS,
    0x26: Kind.BMC,
}
