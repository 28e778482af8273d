"""What an escalation would come to, shown before anybody submits. Nothing is booked or written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.core.errors import AppError
from app.hardware.models import Asset
from app.jobs.kinds import KINDS
from app.jobs.operations.escalate import STAYS
from app.jobs.operations.offers import Offer, TeamPromise, make_offer, team_promise
from app.jobs.teams import Team, stays_with_level_1


@dataclass(frozen=True, slots=True)
class Preview:
    """One of: an offer of hands, another team's promise, that it stays with Level 1; else `sentence` says why not."""

    offer: Offer | None = None
    promise: TeamPromise | None = None
    stays: bool = False
    sentence: str = ""


def preview(
    session: Session,
    asset: Asset | None,
    *,
    team: Team,
    job_kind: str,
    answers: dict[str, Any],
    summary: str,
    not_before: datetime | None,
    now: datetime,
) -> Preview:
    """Work the promise out as far as what is known allows. Costs as `make_offer`."""
    if stays_with_level_1(team, summary, answers):
        return Preview(stays=True, sentence=STAYS)
    if team != Team.DATA_CENTER:
        return Preview(promise=team_promise(team, summary, now))
    kind = KINDS.get(job_kind)
    if asset is None or kind is None:
        missing = [
            word for word, absent in (("the machine", asset is None), ("the kind of job", kind is None)) if absent
        ]
        return Preview(sentence=f"Give {' and '.join(missing)}: then the time appears here.")
    try:
        return Preview(offer=make_offer(session, asset, kind, answers, now=now, not_before=not_before))
    except AppError as refusal:
        return Preview(sentence=refusal.detail)
