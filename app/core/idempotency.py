"""The same request sent twice is done once: a POST with an Idempotency-Key is answered again, not done again.

The key is written in the transaction of the operation itself, so that change and answer commit together or not at
all. A second request with the same key waits for the first at that row and then gives the first one's answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, Final, ParamSpec

from flask import Response, current_app, request
from flask.typing import ResponseReturnValue
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core import access
from app.core.clock import true_now
from app.core.database import Base, transaction
from app.core.errors import AppError, Conflict, FieldError, Invalid, VersionConflict

P = ParamSpec("P")

HEADER: Final = "Idempotency-Key"
ATTRIBUTE: Final = "rackside_idempotent"
LONGEST: Final = 200
PENDING: Final = 0
KEPT_HEADERS: Final = ("Content-Type", "ETag", "Location")


class Idempotency(Base):
    """The answer once given to a person's key, word for word. `status` 0 is seen only inside its own transaction."""

    __tablename__ = "idempotency"

    person_id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    status: Mapped[int]
    headers: Mapped[dict[str, Any]]
    body: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)


def idempotent(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Let a POST view honour Idempotency-Key: same key and body, same answer; another body is 409.

    Stands below `needs` and above APIFlask's `input` and `output`. The view's own `transaction()` joins the one opened
    here, so it must not wait for another process to see what it changed. What the rules refuse (409, 412) is an answer
    too and given again; what may go better next time (401, 403, 404, 422, 429, 5xx) is not kept.
    """

    @wraps(view)
    def once(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        key = request.headers.get(HEADER)
        if key is None:
            return view(*args, **kwargs)
        _check(key)
        with transaction() as session:
            kept = _claim(session, key)
            if kept.status == PENDING:
                response = _decide(session, lambda: view(*args, **kwargs))
                kept.status = response.status_code
                kept.headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
                kept.body = response.get_data(as_text=True)
        return Response(kept.body, kept.status, kept.headers)

    setattr(once, ATTRIBUTE, True)
    return once


def forget(session: Session, before: datetime) -> int:
    """Drop answers given before `before` (true time); returns how many. Tablets may be offline for days: keep weeks."""
    return len(session.scalars(delete(Idempotency).where(Idempotency.at < before).returning(Idempotency.key)).all())


def _claim(session: Session, key: str) -> Idempotency:
    """The row of this key: new and pending, or the answer of whoever was first (waits while they are at it)."""
    person_id, sent = access.current().person_id, _fingerprint()
    session.execute(
        insert(Idempotency)
        .values(person_id=person_id, key=key, request_hash=sent, status=PENDING, headers={}, body="", at=true_now())
        .on_conflict_do_nothing()
    )
    kept = session.scalars(select(Idempotency).where(Idempotency.person_id == person_id, Idempotency.key == key)).one()
    if kept.request_hash != sent:
        raise Conflict("idempotency_mismatch", "This Idempotency-Key was used for another request: make a new one.")
    return kept


def _decide(session: Session, view: Callable[[], ResponseReturnValue]) -> Response:
    try:
        with session.begin_nested():
            return current_app.make_response(view())
    except (Conflict, VersionConflict) as refusal:  # nothing was changed, and that is the answer
        return _rendered(refusal)


def _rendered(refusal: AppError) -> Response:
    """What the application's own renderer makes of it."""
    return current_app.make_response(current_app.handle_user_exception(refusal))


def _fingerprint() -> str:
    """What makes two requests the same: method, address, and the body's every byte; of a form, its fields and files."""
    digest = hashlib.sha256(f"{request.method} {request.full_path}\n".encode())
    if request.mimetype == "multipart/form-data":  # its boundary is another one each time
        digest.update(json.dumps(sorted(request.form.items(multi=True))).encode())
        for name, file in request.files.items(multi=True):
            digest.update(f"\n{name} {hashlib.sha256(file.stream.read()).hexdigest()}".encode())
            file.stream.seek(0)
    else:
        digest.update(request.get_data(cache=True))
    return digest.hexdigest()


def _check(key: str) -> None:
    if not 1 <= len(key) <= LONGEST or not key.isascii() or not key.isprintable():
        sentence = f"An Idempotency-Key is 1 to {LONGEST} printable ASCII characters."
        raise Invalid("invalid", sentence, [FieldError(HEADER, "invalid", sentence)])
