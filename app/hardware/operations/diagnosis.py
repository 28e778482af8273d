"""A system administrator's word on what a machine said: at most three lines, signed into the machine's record."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.core.database import notify
from app.core.errors import Conflict
from app.core.events import Event, record
from app.hardware.models import Diagnostics
from app.hardware.operations.assets import held, stream, wrong
from app.hardware.operations.diagnose import freeze
from app.hardware.queries_diagnosis import VERB

MOST_LINES = 3
LONGEST_LINE = 160


def sign_diagnosis(session: Session, diagnostics: Diagnostics, text: str, *, by: str, now: datetime) -> Event:
    """Write a short diagnosis on diagnostics that are done, and keep those for ever; a later one replaces it on pages.

    The event in the asset's hash chain is the diagnosis and its signature: who, when, the words, and which diagnostics.
    `now` is business time. Raises Invalid for no words, or more than three lines of 160 characters; Conflict while
    the diagnostics still run.
    """
    if diagnostics.state != "done":
        raise Conflict("wrong_state", "The machine has not answered yet: wait for what it says.")
    words = _lines(text)
    held(session, diagnostics.asset)
    freeze(session, diagnostics)
    asset = diagnostics.asset
    signed = record(
        session, stream(asset), now=now, by=by, verb=VERB, why=words, detail={"diagnostics": str(diagnostics.id)}
    )
    notify(session, f"asset:{asset.tag}")
    notify(session, f"diagnostics:{diagnostics.id}")
    return signed


def _lines(text: str) -> str:
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    if not lines:
        raise wrong("text", "Say what is wrong with it.")
    if len(lines) > MOST_LINES or any(len(line) > LONGEST_LINE for line in lines):
        raise wrong(
            "text", f"At most {MOST_LINES} lines of {LONGEST_LINE} characters: what a person at the rack reads."
        )
    return "\n".join(lines)
