"""Our codec against the reference implementation in Python: the same agents, the same objects, the same answers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pysnmp.hlapi.v3arch.asyncio import (
    CommunityData,
    ContextData,
    ObjectIdentity,
    ObjectType,
    SnmpEngine,
    UdpTransportTarget,
    UsmUserData,
    bulk_walk_cmd,
    usmAesCfb128Protocol,
    usmHMAC192SHA256AuthProtocol,
)

from app.hardware.protocols.snmp import open_session
from app.hardware.readings import SnmpTarget, SnmpType, SnmpValue
from lab.fixtures import PDU, SWITCH, UPS
from lab.fleet import Fleet
from lab.snmp_devices import IF_TABLE, IFX_TABLE, RPDU2
from lab.snmp_devices import UPS as UPS_MIB

COLUMNS = [
    (PDU.name, f"{RPDU2}.9.2.3.1.5"),
    (PDU.name, f"{RPDU2}.2.1.8"),
    (SWITCH.name, f"{IF_TABLE}.2"),
    (SWITCH.name, f"{IFX_TABLE}.6"),
    (UPS.name, UPS_MIB),
]


@pytest.mark.parametrize("version", ["2c", "3"])
@pytest.mark.parametrize(("device", "column"), COLUMNS, ids=[f"{name}-{column[-9:]}" for name, column in COLUMNS])
def test_a_column_reads_as_the_reference_reads_it(hall: Fleet, version: str, device: str, column: str) -> None:
    target = hall.agents[device].target(version)
    with open_session(target, 5) as session:
        ours = {row.oid: _plain(row) for row in session.walk(column).rows}
    reference = asyncio.run(_reference(target, column))
    assert ours
    assert ours == reference


def _plain(row: SnmpValue) -> int | bytes:
    """Numbers as numbers, everything else as bytes."""
    if row.type is SnmpType.STRING:
        assert isinstance(row.value, bytes)
        return row.value
    if row.type is SnmpType.OID:
        assert isinstance(row.value, bytes)
        return row.value
    assert isinstance(row.value, int)
    return row.value


async def _reference(target: SnmpTarget, column: str) -> dict[str, int | bytes]:
    engine = SnmpEngine()
    address = await UdpTransportTarget.create((target.address, target.port), timeout=2, retries=2)
    walk = bulk_walk_cmd(
        engine, _who(target), address, ContextData(), 0, 20, ObjectType(ObjectIdentity(column)),
        lexicographicMode=False, lookupMib=False,
    )  # fmt: skip
    found: dict[str, int | bytes] = {}
    async for error, status, _, varbinds in walk:
        assert not error
        assert not status
        for oid, value in varbinds:
            found[str(oid)] = _value(value)
    engine.close_dispatcher()
    return found


def _who(target: SnmpTarget) -> Any:
    if target.version != "3":
        return CommunityData(target.community, mpModel=1)
    return UsmUserData(
        target.username,
        target.auth_password,
        target.privacy_password,
        authProtocol=usmHMAC192SHA256AuthProtocol,
        privProtocol=usmAesCfb128Protocol,
    )


def _value(value: Any) -> int | bytes:
    kind = type(value).__name__
    if kind in {"OctetString", "DisplayString"}:
        return bytes(value)
    if kind in {"ObjectIdentifier", "ObjectIdentity"}:
        return str(value).encode()
    return int(value)
