"""The lab's devices: `hall` for tests that only read, `bmc` and `pdu` for tests that change what they read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.bmc import BmcServer
from lab.fixtures import FAULTY, PDU, hall, need
from lab.processes import started
from lab.snmp_agents import SnmpAgent

__all__ = ["hall"]


@pytest.fixture
def bmc(tmp_path: Path) -> Iterator[BmcServer]:
    """A server of the test's own, with faults."""
    need("ipmi_sim")
    with started([BmcServer(FAULTY, tmp_path)]) as (server,):
        yield server


@pytest.fixture
def pdu(tmp_path: Path) -> Iterator[SnmpAgent]:
    """A PDU of the test's own."""
    need("snmpd")
    with started([SnmpAgent(PDU, tmp_path)]) as (agent,):
        yield agent
