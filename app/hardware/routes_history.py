"""Pages of a machine over time: two diagnostics side by side, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.core.access import current, needs
from app.core.database import transaction
from app.core.permissions import Permission
from app.hardware import queries, queries_history
from app.hardware.beside import figures_beside, parts_beside
from app.hardware.compare import Named, compare
from app.hardware.diagnostics import DiagnosticsDocument
from app.hardware.differences import entries_since
from app.hardware.models import Diagnostics

blueprint: Final = Blueprint("hardware_history", __name__, url_prefix="/assets", template_folder="templates")


@blueprint.get("/<tag>/diagnostics/compare")
@needs(Permission.DIAGNOSTICS_READ)
def comparison(tag: str) -> ResponseReturnValue:
    """Two diagnostics of one machine side by side; without saying which, the newest two."""
    with transaction() as session:
        found = queries.asset_for(session, current(), tag, Permission.DIAGNOSTICS_READ)
        runs = queries_history.newest_done(session, found)
        before_id, after_id = _chosen(runs)
        if before_id is None or after_id is None:
            return render_template("hardware/comparison.html", machine=found, runs=runs, before=None, after=None)
        chosen = [queries_history.done_of(session, found, one) for one in (before_id, after_id)]
        old, new = (DiagnosticsDocument.from_dict(run.document or {}) for run in chosen)
        return render_template(
            "hardware/comparison.html",
            machine=found,
            runs=_with(runs, chosen),
            before=chosen[0],
            after=chosen[1],
            told=compare(old, new, _finding()).to_dict(),
            parts=parts_beside(old, new),
            figures=figures_beside(old, new),
            entries=entries_since(old, new),
        )


def _chosen(runs: Sequence[Diagnostics]) -> tuple[UUID | None, UUID | None]:
    """Which two are asked for: AFTER is the newest, BEFORE the one before it, unless named."""
    after = request.args.get("after", type=UUID) or (runs[0].id if runs else None)
    older = [run.id for run in runs if run.id != after]
    return request.args.get("before", type=UUID) or (older[0] if older else None), after


def _with(runs: Sequence[Diagnostics], chosen: Sequence[Diagnostics]) -> list[Diagnostics]:
    """The runs to choose from, with those that are shown, however old they are."""
    known = {run.id for run in runs}
    return [*runs, *(run for run in chosen if run.id not in known)]


def _finding() -> Named | None:
    kind, _, number = (request.args.get("finding") or "").partition(":")
    return (kind, number) if number else None
