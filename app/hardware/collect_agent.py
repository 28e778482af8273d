"""Reading one SNMP agent: which families speak for it, what they ask for, what they make of the answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.hardware.facts import Facts, join_facts
from app.hardware.facts.agent_values import Values, is_scalar
from app.hardware.families.snmp import SnmpFamily
from app.hardware.protocols.snmp_line import finish
from app.hardware.readings import SnmpTable, SnmpType, SnmpValue
from app.hardware.vendors import probing_families, snmp_families

SYS_DESCR = "1.3.6.1.2.1.1.1.0"
SYS_OBJECT_ID = "1.3.6.1.2.1.1.2.0"
# Plain net-snmp and Windows: they name the operating system and not the machine.
SAYS_NOTHING = ("1.3.6.1.4.1.8072.", "1.3.6.1.4.1.311.")
ONLY_STANDARD = (
    "its maker's own objects are not known to this version, so only what the standard ones tell was read: look at its "
    "lamps, and ask for a vendor file of its own"
)
NOTHING_KNOWN = "it answers, but offers nothing that this version knows how to read"


class Session(Protocol):
    """The door to one agent, as `protocols.snmp.open_session` opens it for a thread."""

    problems: dict[str, str]

    def get(self, oids: Sequence[str]) -> dict[str, SnmpValue]:
        """Single objects; what the agent does not have is ABSENT."""

    def walk(self, column: str) -> SnmpTable:
        """All rows of a column, and whether they are complete."""


class Asking(Protocol):
    """The same door as `protocols.snmp.session_on_loop` opens it: what it brings is awaited."""

    problems: dict[str, str]

    async def get(self, oids: Sequence[str]) -> dict[str, SnmpValue]:
        """Single objects; what the agent does not have is ABSENT."""

    async def walk(self, column: str) -> SnmpTable:
        """All rows of a column, and whether they are complete."""


class _AtOnce:
    """A session of a thread as one that is awaited: it never makes anybody wait on a loop."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.problems = session.problems

    async def get(self, oids: Sequence[str]) -> dict[str, SnmpValue]:
        return self._session.get(oids)

    async def walk(self, column: str) -> SnmpTable:
        return self._session.walk(column)


@dataclass(frozen=True, slots=True)
class AgentFacts:
    """What an agent said. `problems` are sentences; `is_known` is False when no family found anything of its own.

    `makers` names the families of a maker that spoke for it; none means that only standard objects were understood.
    """

    facts: Facts
    problems: tuple[str, ...]
    is_known: bool
    makers: tuple[str, ...] = ()


def read_agent(session: Session, role: str, source: str, now: datetime) -> AgentFacts:
    """Ask an agent from a thread of its own, as `ask_agent` does on an event loop."""
    return finish(ask_agent(_AtOnce(session), role, source, now))


async def ask_agent(session: Asking, role: str, source: str, now: datetime) -> AgentFacts:
    """Ask an agent for all that its families know. Raises HardwareError when it says nothing at all.

    Cost: one round trip to learn who it is, one for every family to try when that tells nothing, then one per 20
    scalars and one per 25 rows of every column.
    """
    system = await session.get([SYS_OBJECT_ID, SYS_DESCR])
    families = await _families(session, object_id(system), role)
    objects = list(dict.fromkeys(oid for family in families for oid in family.asked_first()))
    scalars = [oid for oid in objects if is_scalar(oid)]
    found = await session.get(scalars) if scalars else {}
    tables = {column: await session.walk(column) for column in objects if not is_scalar(column)}
    for family in families:
        for first, others in family.asked_then().items():
            if first in tables and not tables[first].rows:
                continue
            tables |= {oid: await session.walk(oid) for oid in others if oid not in tables and not is_scalar(oid)}
    makers = tuple(family.title for family in families if not family.standard)
    problems = problems_of(families, tables, session.problems)
    if not makers and role != "ups":  # the standard MIB of UPSs says all that matters of them
        problems = (*problems, ONLY_STANDARD)
    facts = join_facts(family.facts(Values(source, now, found, tables)) for family in families)
    return AgentFacts(facts, problems, _is_known(found, tables), makers)


async def _families(session: Asking, sys_object_id: str, role: str) -> tuple[SnmpFamily, ...]:
    """Who speaks for an agent: whom its sysObjectID names, else whoever finds an object of its own there."""
    named = snmp_families(sys_object_id, role)
    if any(not family.standard for family in named) and not sys_object_id.startswith(SAYS_NOTHING):
        return named
    probed = (family for family in probing_families(role) if family not in named)
    return (*[family for family in probed if await _answers(session, family.probe)], *named)


async def _answers(session: Asking, probe: str | None) -> bool:
    if probe is None:
        return False
    if is_scalar(probe):
        return any(value.type is not SnmpType.ABSENT for value in (await session.get([probe])).values())
    return bool((await session.walk(probe)).rows)


def object_id(system: Mapping[str, SnmpValue]) -> str:
    """The agent's sysObjectID, dotted; "" when it does not say."""
    value = system.get(SYS_OBJECT_ID)
    if value is None or value.value is None:
        return ""
    text = value.value.decode("ascii", "replace") if isinstance(value.value, bytes) else str(value.value)
    return text.strip(".")


def problems_of(
    families: Sequence[SnmpFamily], tables: Mapping[str, SnmpTable], objects: Mapping[str, str]
) -> tuple[str, ...]:
    """What could not be read, by the objects' own names and by reason, so that nothing is missing silently."""
    names = {row.column: row.object for family in families for row in (*family.statuses, *family.measures)}
    cut = {column: table.problem or "incomplete" for column, table in tables.items() if not table.complete}
    reasons: dict[str, list[str]] = {}
    for oid, reason in {**objects, **cut}.items():
        reasons.setdefault(reason, []).append(names.get(oid, oid))
    return tuple(f"{', '.join(told)}: {reason}" for reason, told in reasons.items())


def _is_known(scalars: Mapping[str, SnmpValue], tables: Mapping[str, SnmpTable]) -> bool:
    told = any(value.type is not SnmpType.ABSENT for value in scalars.values())
    return told or any(table.rows for table in tables.values())
