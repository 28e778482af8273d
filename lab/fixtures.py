"""The lab as pytest fixtures: a conftest.py that imports `hall` and names it in `__all__` offers it to its tests.

Where a program is missing, the test is skipped with the name of the package that has it.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lab import fleet
from lab.fleet import Fleet
from lab.machines import Bmc, drive_failing, ecc, fan_failed, psu_input_lost
from lab.snmp_devices import Outlet, Pdu, Port, Switch, Ups
from lab.tools import PACKAGES, missing

GRACE_S = 0.5
ORACLE_PACKAGES = {"ipmitool": "ipmitool", "snmpget": "snmp", "snmpwalk": "snmp"}

HEALTHY = Bmc("SRV-0001", "CZ10001", "AT-5001")
FAULTY = Bmc(
    "SRV-0042",
    "CZ10042",
    "AT-5042",
    faults=(psu_input_lost(2), ecc("A1", uncorrectable=True), drive_failing(3), fan_failed(3)),
)
PDU = Pdu("PDU-A", "5A1638E01463", tuple(Outlet(number, f"Outlet {number}", watts=120) for number in range(1, 25)))
UPS = Ups("UPS-1", "U20001")
SWITCH = Switch(
    "TOR-1",
    "JPE1",
    tuple(
        Port(
            index,
            f"Ethernet{index}",
            up=index <= 24,
            neighbour=(bytes([2, 0, 0, 0, 0, index]), "eth0", f"SRV-{index:04}"),
        )
        for index in range(1, 49)
    ),
)


def need(*programs: str) -> None:
    """Skip the running test, naming the Debian package, when a program is missing."""
    for program in programs:
        lacking = missing(program) if program in PACKAGES else shutil.which(program) is None
        if lacking:
            package = PACKAGES.get(program) or ORACLE_PACKAGES[program]
            pytest.skip(f"needs Debian package {package}")


@pytest.fixture(scope="session")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Two servers (one of them with faults), a PDU, a UPS and a switch, for all tests that change nothing."""
    need("ipmi_sim", "snmpd")
    folder = tmp_path_factory.mktemp("hall")
    with fleet.running([HEALTHY, FAULTY], [PDU, UPS, SWITCH], folder) as running:
        yield running


@contextmanager
def ends_within(seconds: float) -> Iterator[None]:
    """State that what is inside takes no longer than this, whether it fails or not.

    A busy test machine gets `GRACE_S` more; what is stated is the deadline.
    """
    started = time.monotonic()
    try:
        yield
    finally:
        took = time.monotonic() - started
        assert took <= seconds + GRACE_S, f"took {took:.2f} s, may take {seconds:.2f} s"
