"""A page's POST as a tablet's queue sends it: late, perhaps twice, stamped with the tablet's own count and clock.

The queue names the person who did the act: whoever is signed in by then never acts under another's name.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, ParamSpec

from flask import Response, g, jsonify, make_response, request
from flask.typing import ResponseReturnValue

from app.core.access import current
from app.core.errors import Invalid, Unauthenticated
from app.core.idempotency import idempotent

P = ParamSpec("P")

HEADER: Final = "Rackside-Device"
LONGEST: Final = 1000


def is_queued() -> bool:
    """True when a tablet's queue sends this request: it is answered in JSON, refusals too."""
    return HEADER in request.headers


def is_watched() -> bool:
    """True when a person waits for the answer: an ordinary page, or an act that its tablet could send at once."""
    return not is_queued() or bool(_given().get("watched"))


def stamp() -> dict[str, Any] | None:
    """The tablet's stamp `{"id", "seq", "at"}` as it came (the verb's schema judges it); None for an ordinary page.

    Raises Invalid when it cannot be read, Unauthenticated when somebody else did it than who is signed in.
    """
    if not is_queued():
        return None
    given = _given()
    if given.get("by") != current().name:
        raise Unauthenticated("other_person", "Somebody else did this: it waits until they sign in here.")
    return {name: value for name, value in given.items() if name not in {"by", "watched"}}


def _given() -> dict[str, Any]:
    text = request.headers[HEADER]
    try:
        given = json.loads(text) if len(text) <= LONGEST else None
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise Invalid("invalid", f"{HEADER} holds a JSON object with id, seq, at and by.")
    return given


def tell_to_decide(count: int) -> None:
    """Tell a tablet's queue, with the answer, how many choices between two versions a person has to make."""
    g.to_decide = count


def queueable(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Let a page's POST be sent by a tablet's queue: done once, answered with `{"location", "to_decide"}`.

    `location` is where to go next, `to_decide` what `tell_to_decide` said. Stands below `needs`. The view raises its
    refusals when `is_queued()`.
    """

    @wraps(view)
    def answered(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        stamp()
        response: Response = make_response(view(*args, **kwargs))
        if not response.location:
            return response
        return jsonify({"location": response.location, "to_decide": g.get("to_decide", 0)})

    once = idempotent(answered)

    @wraps(view)
    def queued(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        return once(*args, **kwargs) if is_queued() else view(*args, **kwargs)

    return queued
