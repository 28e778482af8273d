"""The sweep of one site as it runs: machines out of the database in batches, asked all at once, what changed back in.

For use inside the site's worker: it opens credentials. Memory is bounded by how many are at work, not by the site.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.clock import drill_offset, true_now
from app.core.database import db, transaction
from app.core.errors import Conflict, Invalid
from app.hardware.collect_sweep import Pace, Wanted, ask_everyone
from app.hardware.diagnostics import DiagnosticsDocument
from app.hardware.models import Asset, SiteSweep
from app.hardware.operations import sweep
from app.hardware.operations.diagnose import worst
from app.hardware.operations.examine import moved, not_asked
from app.hardware.operations.reach import Reach, target_for
from app.hardware.operations.sweep import Found, Known, Run
from app.hardware.readings import SourceStatus
from app.hardware.statement import Statement, document_of, statement_of
from app.hardware.target import parse_target
from app.sites.models import Site

log = logging.getLogger(__name__)

BATCH = 25
DEADLINE_S = 10
READ = frozenset({SourceStatus.OK, SourceStatus.PARTIAL})


@dataclass(slots=True)
class _Pass:
    """One sweep under way, with what is asked just now and what waits to be kept."""

    app: Flask
    run: Run
    keys: Path
    asked: dict[int, tuple[str, Reach, Known | None]] = field(default_factory=dict)
    found: list[Found] = field(default_factory=list)
    keeping: asyncio.Lock = field(default_factory=asyncio.Lock)


def sweep_site(app: Flask, code: str, *, keys: Path, every: timedelta, pace: Pace | None = None) -> SiteSweep | None:
    """Ask every machine of a site once; None when its last sweep is still fresh, or another worker took over.

    Cost: a few queries per 25 machines, one COPY for what is different among them.
    """
    with _own_session(app) as session:
        site = session.scalars(select(Site).where(Site.code == code)).one()
        run = sweep.begin(session, site, every=every, now=true_now())
        asset_ids = sweep.asked_in(session, site) if run else []
    if run is None:
        return None
    under_way = _Pass(app, run, keys)
    try:
        asyncio.run(_sweep(under_way, asset_ids, pace))
    except* Conflict:
        log.warning("sweep of %s stopped: another worker has taken it over", code)
    with _own_session(app) as session:
        return sweep.end(session, run, now=true_now())


@contextmanager
def _own_session(app: Flask) -> Iterator[Session]:
    """A transaction of its own: threads of one sweep must not share the session of the job that started it."""
    with app.app_context():
        try:
            with transaction() as session:
                yield session
        finally:
            db.session.remove()


async def _sweep(under_way: _Pass, asset_ids: Sequence[int], pace: Pace | None) -> None:
    async def on_done(asset_id: int, document: DiagnosticsDocument) -> None:
        under_way.found.append(_found(under_way, asset_id, document))
        if len(under_way.found) >= BATCH:
            await _keep(under_way)

    await ask_everyone(_wanted(under_way, asset_ids), on_done, true_now, pace)
    await _keep(under_way)


async def _wanted(under_way: _Pass, asset_ids: Sequence[int]) -> AsyncIterator[Wanted]:
    """The machines to ask, a batch of them in memory; what cannot be asked because of us is kept as a fact."""
    for batch in _batched(asset_ids, BATCH):
        loaded = await asyncio.to_thread(_load, under_way, batch)
        for asset_id, (tag, reach, known) in loaded.items():
            under_way.asked[asset_id] = (tag, reach, known)
            try:
                target = parse_target(reach.target)
            except Invalid as refused:
                under_way.found.append(_found(under_way, asset_id, not_asked(reach, uuid4(), refused)))
                continue
            yield Wanted(asset_id, target, _earlier(known))


def _batched(asset_ids: Sequence[int], size: int) -> Iterator[list[int]]:
    left = iter(asset_ids)
    while batch := list(itertools.islice(left, size)):
        yield batch


def _load(under_way: _Pass, batch: Sequence[int]) -> dict[int, tuple[str, Reach, Known | None]]:
    with _own_session(under_way.app) as session:
        busy = sweep.being_asked(session, batch)
        known = sweep.known_of(session, batch)
        assets = {one.id: one for one in session.scalars(select(Asset).where(Asset.id.in_(batch))).all()}
        return {
            number: (
                assets[number].tag,
                target_for(session, assets[number], under_way.keys, deadline_s=DEADLINE_S),
                known.get(number),
            )
            for number in batch
            if number in assets and number not in busy
        }


def _earlier(known: Known | None) -> DiagnosticsDocument | None:
    if known is None or not known.statement:
        return None
    return DiagnosticsDocument.from_dict(document_of(known.statement, uuid4(), known.whole_at))


def _found(under_way: _Pass, asset_id: int, document: DiagnosticsDocument) -> Found:
    """What the machine said, reduced to what is different; the rest of it is let go at once."""
    tag, reach, known = under_way.asked.pop(asset_id)
    at = document.taken_at
    document = moved(document, drill_offset())
    if reach.unusable and not set(reach.unusable) & set(document.sources):
        document = replace(document, sources=(*document.sources, *reach.unusable), complete=False)
    said: Statement = statement_of(document.to_dict())
    found_worst = worst(document)
    change, is_whole = sweep.judged(known, said, found_worst, at)
    silent = not any(source.status in READ for source in document.sources)
    kept = said if change is not None else {}
    return Found(asset_id, tag, at, found_worst, silent, document.complete, kept, change, is_whole)


async def _keep(under_way: _Pass) -> None:
    async with under_way.keeping:
        batch, under_way.found = under_way.found, []
        if batch:
            await asyncio.to_thread(_store, under_way, batch)


def _store(under_way: _Pass, batch: list[Found]) -> None:
    with _own_session(under_way.app) as session:
        sweep.keep(session, under_way.run, batch)
