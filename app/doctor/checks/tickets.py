"""Ticket systems: set up, spoken to in private, and taking what we send; each is asked over the network."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import func, select

from app.core.errors import Unavailable
from app.doctor.findings import Said, count, ok, problem, warning
from app.doctor.look import Look
from app.tickets import integrations
from app.tickets.models import HookCount
from app.tickets.queries import troubled_feeds
from app.tickets.system import Addressed, Examined, TicketSystem
from app.tickets.systems.console import Console


def listed(look: Look) -> Iterator[Said]:
    """Whether there is one at all. What is wrong with their file is told as it is by `serve`."""
    systems = integrations.load(look.settings.integrations_file)
    if not systems:
        yield warning(
            "No ticket system is set up: customers hear nothing.",
            "Describe yours in a file and name RACKSIDE_INTEGRATIONS to it (docs/ticket-systems.md).",
        )
    else:
        yield ok(f"{count(len(systems), 'ticket system is', 'ticket systems are')} set up.")


def examined(name: str, system: TicketSystem) -> Iterator[Said]:
    """One ticket system: what it takes to be reached, and what it says of our credentials."""
    if isinstance(system, Console):
        yield warning(
            f"{name} writes messages into a file or the log: no customer reads them there.",
            "Leave it out where real customers are served.",
        )
    for line in system.open_lines() if isinstance(system, Addressed) else ():
        yield warning(
            f"{name}: what is said to {line} can be read on the way, customers' words and our credentials included.",
            "Use an encrypted address (https://, imaps://, smtps://).",
        )
    if not isinstance(system, Examined):
        return
    try:
        faults = system.faults()
    except Unavailable as error:
        yield problem(f"{name} is not to be spoken to: {error.detail}", "Correct its settings, or have it looked at.")
        return
    for fault in faults:
        yield problem(f"{name}: {fault}", "Have it put right over there, or in the file of RACKSIDE_INTEGRATIONS.")
    if not faults:
        yield ok(f"{name} answers.")


def heard(look: Look) -> Iterator[Said]:
    """What the workers found out: systems that cannot be read, hooks whose signature does not fit."""
    today, wrong = look.clock().date(), False
    counted = (
        select(HookCount.integration, func.sum(HookCount.refused))
        .where(HookCount.day >= today - timedelta(days=1))
        .group_by(HookCount.integration)
        .having(func.sum(HookCount.refused) > func.sum(HookCount.taken))
    )
    with look.session() as session:
        feeds, refused = troubled_feeds(session), session.execute(counted).all()
    for feed in feeds:
        wrong = True
        since = feed.fault_since or feed.failing_since
        yield problem(
            f"{feed.integration} is not read as it should{f' since {since:%Y-%m-%d %H:%M} UTC' if since else ''}: "
            f"{feed.fault or feed.problem}",
            "New tickets and answers wait there until it is.",
        )
    for name, number in refused:
        wrong = True
        yield warning(
            f"{count(number, 'hook', 'hooks')} of {name} were refused since yesterday, more than were taken.",
            "Its secret over there must be one of hook_secrets here, and its clock must be right.",
        )
    if not wrong:
        yield ok("What ticket systems tell is read.")
