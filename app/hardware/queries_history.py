"""What was found of one asset over time, bounded: by a period, and by how many documents are opened."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from app.core.errors import NotFound
from app.hardware.models import Asset, Diagnostics


def newest_done(session: Session, asset: Asset, *, limit: int = 30) -> Sequence[Diagnostics]:
    """The newest diagnostics that are done, newest first, without their documents (one query on an index)."""
    done = select(Diagnostics).where(Diagnostics.asset_id == asset.id, Diagnostics.state == "done")
    newest = done.order_by(Diagnostics.requested_at.desc(), Diagnostics.id.desc()).limit(limit)
    return session.scalars(newest.options(defer(Diagnostics.document, raiseload=True))).all()


def done_of(session: Session, asset: Asset, diagnostics_id: UUID) -> Diagnostics:
    """One asking of this asset with its document. Raises NotFound when there is none, or it is not done."""
    wanted = select(Diagnostics).where(
        Diagnostics.id == diagnostics_id, Diagnostics.asset_id == asset.id, Diagnostics.state == "done"
    )
    found = session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound("not_found", "There are no such diagnostics of this machine, or they are not done.")
    return found
