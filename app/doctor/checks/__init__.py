"""The checks, in the order in which they are told. A new one is one function and one line here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from app.doctor.checks import background, backups, database, devices, files, machine, pages, sites, tickets
from app.doctor.findings import Said
from app.doctor.look import Look


@dataclass(frozen=True, slots=True)
class Check:
    """`reads`: it asks the database's tables, and is left out where they cannot be read."""

    name: str
    run: Callable[[Look], Iterable[Said]]
    reads: bool = True


REACH: Final = (Check("database", database.answers), Check("schema", database.schema))
"""Whether the tables can be read at all: one after the other, before anything else."""

CHECKS: Final = (
    Check("database privacy", database.privacy),
    Check("database connections", database.connections),
    Check("clock", database.clock),
    Check("disk", machine.room, reads=False),
    Check("secrets", files.secrets, reads=False),
    Check("site keys", files.site_keys),
    Check("address", pages.address, reads=False),
    Check("web server", pages.answer, reads=False),
    Check("certificate", pages.certificate, reads=False),
    Check("drill", pages.drill, reads=False),
    Check("page assets", machine.pages, reads=False),
    Check("programs", machine.programs, reads=False),
    Check("workers", background.workers),
    Check("queue", background.queue),
    Check("messages", background.messages),
    Check("alerts", background.alerts),
    Check("ticket systems", tickets.listed, reads=False),
    Check("ticket reading", tickets.heard),
    Check("calendars", sites.calendars),
    Check("shifts", sites.shifts),
    Check("people", sites.people),
    Check("tokens", sites.tokens),
    Check("credentials", devices.credentials),
    Check("device privacy", devices.encryption),
    Check("communities", devices.communities),
    Check("sweep", devices.sweeps),
    Check("backup", backups.lately),
    Check("backup programs", backups.means),
)
