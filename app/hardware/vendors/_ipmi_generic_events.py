"""What the generic event types of IPMI 2.0 say: table 42-1 (thresholds) and table 42-2 (states of any sensor)."""

from __future__ import annotations

from app.hardware.facts import Fault
from app.hardware.vendors._words import absent, critical, ok, unknown, warning

THRESHOLD_EVENTS = {  # event/reading type 01h; even at the lower, odd at the upper limits is the bad one
    0x0: warning("fell below its lower warning limit", Fault.LIMIT),
    0x1: ok("back above its lower warning limit"),
    0x2: critical("fell below its lower critical limit", Fault.LIMIT),
    0x3: ok("back above its lower critical limit"),
    0x4: critical("fell below its lower non-recoverable limit", Fault.LIMIT),
    0x5: ok("back above its lower non-recoverable limit"),
    0x6: ok("back below its upper warning limit"),
    0x7: warning("rose above its upper warning limit", Fault.LIMIT),
    0x8: ok("back below its upper critical limit"),
    0x9: critical("rose above its upper critical limit", Fault.LIMIT),
    0xA: ok("back below its upper non-recoverable limit"),
    0xB: critical("rose above its upper non-recoverable limit", Fault.LIMIT),
}

GENERIC = {  # by event/reading type; "asserted" alone is neither good nor bad, so the sensor's name has to say
    0x02: {0: ok("idle"), 1: ok("active"), 2: ok("busy")},
    0x03: {
        0: unknown("not asserted; whether that is good only its maker says"),
        1: unknown("asserted; whether that is bad only its maker says"),
    },
    0x04: {0: ok("no failure predicted"), 1: warning("failure predicted", Fault.PREDICTED)},
    0x05: {0: ok("limit not exceeded"), 1: warning("limit exceeded", Fault.LIMIT)},
    0x06: {0: ok("performance met"), 1: warning("performance lags")},
    0x07: {
        0: ok("back to ok"),
        1: warning("not critical, but not ok"),
        2: critical("critical", Fault.FAILED),
        3: critical("beyond recovery", Fault.FAILED),
        4: warning("still not ok, less severe than before"),
        5: critical("still critical, less severe than before", Fault.FAILED),
        6: critical("beyond recovery", Fault.FAILED),
        7: ok("being watched"),
        8: ok("for information"),
    },
    0x08: {0: absent(), 1: ok("there")},
    0x09: {0: ok("disabled"), 1: ok("enabled")},
    0x0A: {
        0: ok("running"),
        1: ok("in test"),
        2: ok("switched off"),
        3: ok("on line"),
        4: ok("off line"),
        5: ok("off duty"),
        6: warning("degraded"),
        7: ok("saving power"),
        8: warning("wrongly installed", Fault.MISMATCHED),
    },
    0x0B: {
        0: ok("fully redundant"),
        1: critical("redundancy lost", Fault.REDUNDANCY_LOST),
        2: warning("redundancy degraded", Fault.REDUNDANCY_LOST),
        3: warning("not redundant, but enough to run", Fault.REDUNDANCY_LOST),
        4: warning("not redundant, but enough to run", Fault.REDUNDANCY_LOST),
        5: critical("not redundant and not enough to run", Fault.REDUNDANCY_LOST),
        6: warning("redundancy degraded", Fault.REDUNDANCY_LOST),
        7: warning("redundancy degraded", Fault.REDUNDANCY_LOST),
    },
    0x0C: {0: ok("in full power"), 1: ok("sleeping lightly"), 2: ok("sleeping"), 3: ok("switched off")},
}
