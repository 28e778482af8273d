"""Ending what nobody answered: a request to a site whose worker is silent, a run whose worker died."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.clock import drill_offset, utc_text
from app.hardware.diagnostics import DiagnosticsDocument, Source
from app.hardware.models import Asset, Diagnostics
from app.hardware.operations.diagnose import finish
from app.hardware.readings import SourceStatus
from app.sites.models import Site

GRACE = timedelta(seconds=30)  # beyond the deadline, before a run counts as dead
PATIENCE = timedelta(minutes=5)  # how long a request may stand behind others of a site whose worker lives
WORKER_SILENT = timedelta(seconds=60)  # a worker signs every few seconds: this silence is no accident


def end_overdue(session: Session, *, now: datetime, limit: int = 100) -> int:
    """End, as a stated fact, what the site's worker did not answer in time; returns how many were ended."""
    still_open = (
        select(Diagnostics)
        .where(Diagnostics.state != "done", Diagnostics.requested_at < now - GRACE)
        .order_by(Diagnostics.requested_at)
        .limit(limit)
        .with_for_update(of=Diagnostics, skip_locked=True)
    )
    overdue = [one for one in session.scalars(still_open).all() if is_overdue(one, now=now)]
    return sum(finish(session, one, _unanswered(one, now=now)) for one in overdue)


def is_overdue(diagnostics: Diagnostics, *, now: datetime) -> bool:
    """True when nobody will answer any more: a run past its deadline and 30 s, a request that no worker took.

    While the site's worker shows life, a request may stand in its queue for five minutes.
    """
    if now - diagnostics.requested_at > PATIENCE:
        return True
    lives = diagnostics.state == "queued" and not is_silent(diagnostics.asset.site.worker_seen_at, now=now)
    since = diagnostics.started_at or diagnostics.requested_at
    return not lives and now - since > timedelta(seconds=diagnostics.deadline_s) + GRACE


def is_silent(worker_seen_at: datetime | None, *, now: datetime) -> bool:
    """True when the site's worker has shown no life for a minute, or never."""
    return worker_seen_at is None or now - worker_seen_at > WORKER_SILENT


def _unanswered(diagnostics: Diagnostics, *, now: datetime) -> DiagnosticsDocument:
    site = diagnostics.asset.site
    advice = f"{last_seen(site)} Start it again, then take diagnostics again; until then look by eye."
    detail = "The site's worker did not answer, so what the device says is not known."
    sources = tuple(
        Source(name, address, SourceStatus.UNREACHABLE, detail, advice)
        for name, address in addresses(diagnostics.asset)
    )
    return DiagnosticsDocument(
        id=str(diagnostics.id),
        device=diagnostics.asset.tag,
        taken_at=now + drill_offset(),
        duration_ms=round((now - diagnostics.requested_at) / timedelta(milliseconds=1)),
        complete=False,
        sources=sources or (Source("worker", site.code, SourceStatus.UNREACHABLE, detail, advice),),
    )


def last_seen(site: Site) -> str:
    """When the site's worker last showed life, as a sentence."""
    if site.worker_seen_at is None:
        return f"The worker of {site.code} has never been seen."
    return f"The worker of {site.code} has not been seen since {utc_text(site.worker_seen_at + drill_offset())}."


def addresses(asset: Asset) -> list[tuple[str, str]]:
    """Where the asset itself can be asked: (protocol, address), without secrets."""
    return [(one.protocol, address_of(one.settings)) for one in sorted(asset.endpoints, key=lambda one: one.protocol)]


def address_of(settings: dict[str, Any]) -> str:
    """Address and port of an endpoint, as sources show it."""
    address, port = str(settings["address"]), settings.get("port")
    return f"{address}:{port}" if port else address
