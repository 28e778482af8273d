"""Edited wordings of messages: which one counts, publishing the next version, and what happens when one breaks."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core import events
from app.core.errors import Conflict, Invalid, NotFound
from app.core.language import Language
from app.jobs import messages
from app.jobs.message_examples import EXAMPLES
from app.jobs.messages import OrderFacts, ReferralFacts, Texts
from app.jobs.models import MessageWording
from app.jobs.wording import Wording, parse

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class InForce:
    """What is sent: version 1 is the shipped wording. `problem` says why an edited one cannot be used."""

    version: int
    wording: Wording
    row: MessageWording | None = None
    problem: str | None = None


def in_force(session: Session, name: str, language: Language) -> InForce:
    """The newest version of a message (one query); the shipped one where that cannot be used, with the problem.

    A version was whole when it was published; a later release may have dropped a value that it shows.
    """
    row = newest(session, name, language)
    shipped = messages.SHIPPED[name, language]
    if row is None or row.public is None or row.internal is None:
        return InForce(row.version if row else 1, shipped, row)
    try:
        return InForce(row.version, parse(row.public, row.internal, messages.fields_of(name)), row)
    except Invalid as error:
        return InForce(row.version, shipped, row, error.detail)


def compose(session: Session, name: str, facts: OrderFacts | ReferralFacts, language: Language) -> Texts:
    """A message in the wording that counts. A broken one never stops a message: colleagues read what was wrong."""
    current = in_force(session, name, language)
    texts = messages.written(name, facts, language, current.wording)
    if current.problem is None:
        return texts
    log.error("message %s (%s), version %s cannot be used: %s", name, language, current.version, current.problem)
    note = f"Sent in the shipped words: version {current.version} of this message cannot be used. {current.problem}"
    return Texts(texts.public, f"{texts.internal}\n\n{note}")


def newest(session: Session, name: str, language: Language) -> MessageWording | None:
    """The version that was published last, None where nobody edited."""
    return next(iter(versions(session, name, language, limit=1)), None)


def versions(session: Session, name: str, language: Language, *, limit: int = 100) -> Sequence[MessageWording]:
    """All versions but the shipped one, newest first (bounded)."""
    wanted = select(MessageWording).where(MessageWording.name == name, MessageWording.language == language)
    return session.scalars(wanted.order_by(MessageWording.version.desc()).limit(limit)).all()


def edited(session: Session) -> dict[tuple[str, str], int]:
    """The newest version of every message that somebody edited, by name and language (one query)."""
    latest = func.max(MessageWording.version)
    found = session.execute(
        select(MessageWording.name, MessageWording.language, latest).group_by(
            MessageWording.name, MessageWording.language
        )
    )
    return {(name, language): version for name, language, version in found}


def publish(
    session: Session,
    name: str,
    language: Language,
    texts: tuple[str, str] | None,
    *,
    seen: int,
    why: str,
    by: str,
    now: datetime,
) -> MessageWording:
    """Publish the customer's and the colleagues' text as the next version, or (None) the shipped ones again.

    Raises Invalid in a sentence for what cannot be sent, Conflict when somebody published after version `seen`.
    """
    if name not in messages.MESSAGES:
        raise NotFound("not_found", f"There is no message {name!r}.")
    if texts is not None:
        parse(*texts, messages.fields_of(name))
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"message:{name}:{language}"))))
    last = newest(session, name, language)
    version = last.version if last else 1
    if version != seen:
        raise Conflict("version_conflict", f"Version {version} was published meanwhile: look at it first.")
    public, internal = texts or (None, None)
    row = MessageWording(
        name=name, language=language, version=version + 1, public=public, internal=internal, why=why, edited_by=by,
        edited_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    detail = {"version": row.version, "language": str(language), "shipped": texts is None}
    events.record(session, f"message:{name}", now=now, by=by, verb="publication", why=why, detail=detail)
    return row


def preview(name: str, language: Language, texts: tuple[str, str]) -> Texts:
    """The message with example values, as it would go out; raises Invalid for what could not."""
    wording = parse(*texts, messages.fields_of(name))
    return messages.written(name, EXAMPLES[name], language, wording)
