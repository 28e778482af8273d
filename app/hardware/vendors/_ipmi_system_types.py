"""What the states of the machine as a whole say: IPMI 2.0 table 42-3, by sensor type, bit by bit.

The states are ours: critical is a part that does not do its work, warning one that soon may not, and what the
machine does on purpose is ok.
"""

from __future__ import annotations

from app.hardware.diagnostics import Kind
from app.hardware.facts import Fault
from app.hardware.families.ipmi import SensorType
from app.hardware.vendors._words import critical, ok, unknown, warning

OF_THE_SYSTEM = {
    0x06: SensorType(
        Kind.SYSTEM,
        {
            0: warning("secure mode violated"),
            1: warning("wrong user password before the boot"),
            2: warning("wrong setup password before the boot"),
            3: warning("wrong network boot password"),
            4: warning("wrong password before the boot"),
            5: warning("wrong password for out-of-band access"),
        },
        passing=True,
    ),
    0x0F: SensorType(
        Kind.SYSTEM,
        {
            0: critical("error in the power-on test", Fault.FAILED),
            1: critical("hung in the power-on test", Fault.FAILED),
            2: ok("power-on test going on"),
        },
        ended_by_boot=True,
        explained_by=frozenset({Kind.MEMORY, Kind.CPU}),
    ),
    0x10: SensorType(
        Kind.BMC,
        {
            0: ok("logging of correctable memory errors switched off"),
            1: ok("logging of one event type switched off"),
            2: ok("event log cleared"),
            3: warning("all event logging switched off"),
            4: warning("event log full", Fault.LOG_FULL),
            5: ok("event log almost full"),
            6: ok("logging of correctable machine checks switched off"),
        },
    ),
    0x11: SensorType(
        Kind.SYSTEM,
        {
            0: warning("watchdog reset the machine in its power-on test"),
            1: warning("watchdog reset the machine"),
            2: warning("watchdog shut the system down"),
            3: warning("watchdog switched the machine off"),
            4: warning("watchdog power-cycled the machine"),
            5: ok("watchdog interrupted the system"),
            6: ok("watchdog ran out, no action"),
            7: ok("watchdog about to run out"),
        },
        passing=True,
    ),
    0x12: SensorType(
        Kind.SYSTEM,
        {
            0: ok("reconfigured"),
            1: ok("boot event of the maker"),
            2: critical("undetermined hardware failure", Fault.FAILED),
            3: ok("entry in the auxiliary log"),
            4: ok("event filter took action"),
            5: ok("clock set"),
        },
    ),
    0x13: SensorType(
        Kind.SYSTEM,
        {
            0: warning("NMI by the front panel button"),
            1: critical("bus timeout", Fault.UNCORRECTABLE),
            2: critical("I/O channel check", Fault.UNCORRECTABLE),
            3: ok("software NMI"),
            4: critical("PCI parity error", Fault.UNCORRECTABLE),
            5: critical("PCI system error", Fault.UNCORRECTABLE),
            6: warning("EISA fail safe timeout"),
            7: warning("correctable bus error", Fault.CORRECTABLE),
            8: critical("uncorrectable bus error", Fault.UNCORRECTABLE),
            9: critical("fatal NMI", Fault.UNCORRECTABLE),
            10: critical("fatal bus error", Fault.UNCORRECTABLE),
            11: warning("bus degraded"),
        },
        momentary=frozenset(range(1, 12)),
        explained_by=frozenset({Kind.MEMORY, Kind.CPU}),
    ),
    0x14: SensorType(
        Kind.SYSTEM,
        {
            0: ok("power button pressed"),
            1: ok("sleep button pressed"),
            2: ok("reset button pressed"),
            3: warning("latch of a part open", Fault.OPEN),
            4: ok("service button pressed"),
        },
    ),
    0x19: SensorType(
        Kind.SYSTEM,
        {0: critical("did not follow its power button", Fault.FAILED), 1: critical("thermal trip", Fault.FAILED)},
    ),
    0x1E: SensorType(
        Kind.SYSTEM,
        {
            0: critical("no medium to boot from"),
            1: warning("a medium without a system in the drive"),
            2: warning("no server to boot from"),
            3: critical("boot sector unreadable"),
            4: warning("nobody chose what to boot from"),
        },
        ended_by_boot=True,
        explained_by=frozenset({Kind.DRIVE}),
    ),
    0x1F: SensorType(
        Kind.SYSTEM,
        {
            0: ok("booted from drive A"),
            1: ok("booted from drive C"),
            2: ok("booted from the network"),
            3: ok("diagnostics booted"),
            4: ok("booted from CD"),
            5: ok("booted from ROM"),
            6: ok("booted"),
            7: ok("installation of the system began"),
            8: ok("installation of the system done"),
            9: warning("installation of the system aborted"),
            10: warning("installation of the system failed"),
        },
        passing=True,
    ),
    0x20: SensorType(
        Kind.SYSTEM,
        {
            0: critical("system stopped while it loaded"),
            1: critical("system stopped by an error"),
            2: ok("system stopped in order"),
            3: ok("system shut down in order"),
            4: ok("shut down by the event filter"),
            5: warning("system did not answer the shutdown"),
        },
        passing=True,
    ),
    0x22: SensorType(
        Kind.SYSTEM,
        {
            0: ok("working (S0)"),
            1: ok("sleeping (S1)"),
            2: ok("sleeping (S2)"),
            3: ok("sleeping (S3)"),
            4: ok("suspended to disk (S4)"),
            5: ok("soft off (S5)"),
            6: ok("soft off"),
            7: ok("mechanically off"),
            8: ok("sleeping"),
            9: ok("sleeping (G1)"),
            10: ok("switched off by override"),
            11: ok("on"),
            12: ok("off"),
            14: unknown("power state not known to the BMC"),
        },
        passing=True,
    ),
    0x23: SensorType(
        Kind.SYSTEM,
        {
            0: ok("watchdog timer ran out, no action"),
            1: warning("watchdog reset the machine"),
            2: warning("watchdog switched the machine off"),
            3: warning("watchdog power-cycled the machine"),
            8: ok("watchdog timer interrupt"),
        },
        passing=True,
    ),
    0x24: SensorType(
        Kind.BMC,
        {0: ok("page sent"), 1: ok("network alert sent"), 2: ok("event trap sent"), 3: ok("SNMP trap sent")},
        passing=True,
    ),
    0x2A: SensorType(
        Kind.BMC,
        {
            0: ok("session opened"),
            1: ok("session closed"),
            2: warning("wrong user name or password"),
            3: warning("account locked after wrong passwords"),
        },
        passing=True,
    ),
    0x2B: SensorType(
        Kind.SYSTEM,
        {
            0: ok("hardware changed"),
            1: ok("firmware or software changed"),
            2: warning("hardware does not fit", Fault.MISMATCHED),
            3: warning("firmware or software does not fit", Fault.MISMATCHED),
            4: warning("hardware version not supported", Fault.MISMATCHED),
            5: warning("firmware or software version not supported", Fault.MISMATCHED),
            6: ok("hardware changed with success"),
            7: ok("firmware or software changed with success"),
        },
    ),
}
