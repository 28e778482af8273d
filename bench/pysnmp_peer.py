"""pysnmp as a peer, as its manual uses it: one engine, its asyncio calls, so many devices at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pysnmp.hlapi.v3arch.asyncio import (
    CommunityData,
    ContextData,
    ObjectIdentity,
    ObjectType,
    SnmpEngine,
    UdpTransportTarget,
    bulk_walk_cmd,
    get_cmd,
)

from app.hardware.readings import SnmpTarget
from bench.snmp_machines import GETS, TABLES

TIMEOUT_S, RETRIES, REPETITIONS = 20, 2, 25


async def read_all(targets: Sequence[SnmpTarget], at_once: int) -> int:
    """Read these by v2c; how many values came. Raises RuntimeError when an agent answers with an error."""
    engine, places = SnmpEngine(), asyncio.Semaphore(at_once)
    try:
        return sum(await asyncio.gather(*(_read(engine, target, places) for target in targets)))
    finally:
        engine.close_dispatcher()


async def _read(engine: SnmpEngine, target: SnmpTarget, places: asyncio.Semaphore) -> int:
    async with places:
        where = await UdpTransportTarget.create((target.address, target.port), timeout=TIMEOUT_S, retries=RETRIES)
        who, found = CommunityData(target.community, mpModel=1), 0  # noqa: S508 - v2c is what is compared
        for oids in GETS:
            wanted = [ObjectType(ObjectIdentity(oid)) for oid in oids]
            error, status, _, varbinds = await get_cmd(engine, who, where, ContextData(), *wanted, lookupMib=False)
            found += _counted(error, status, varbinds)
        for table in TABLES:
            root = ObjectType(ObjectIdentity(table))
            walk = bulk_walk_cmd(
                engine, who, where, ContextData(), 0, REPETITIONS, root, lexicographicMode=False, lookupMib=False
            )
            async for error, status, _, varbinds in walk:
                found += _counted(error, status, varbinds)
        return found


def _counted(error: object, status: object, varbinds: Sequence[object]) -> int:
    if error or status:
        raise RuntimeError(f"pysnmp failed: {error or status}")
    return len(varbinds)
