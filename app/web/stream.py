"""Live pages: bells as server-sent events. What changed is fetched through its own authorised address."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator
from typing import Final

from flask import Blueprint, Flask, Response, current_app, g, request

from app.core.access import needs
from app.core.errors import FieldError, Invalid
from app.core.permissions import Permission
from app.core.settings import Settings
from app.web.exchange import Exchange

HEARTBEAT_S: Final = 15.0
LIFETIME_S: Final = 600.0
RETRY_MS: Final = 2000
MOST_TOPICS: Final = 50
TOPIC: Final = re.compile(r"[a-z]{1,20}(:[A-Za-z0-9._-]{1,64})?")

blueprint: Final = Blueprint("stream", __name__)


def install(app: Flask, settings: Settings) -> None:
    """Give the app its exchange; nothing is opened before the first page listens."""
    assert settings.database_url is not None
    exchange = app.extensions["rackside_exchange"] = Exchange(settings.database_url, settings.stream_limit)

    @app.before_request
    def remember_mark() -> None:
        g.live_mark = exchange.mark()  # before anything is read: what rings from here on, the page has not seen

    @app.context_processor
    def tell_mark() -> dict[str, str]:
        return {"live_mark": g.get("live_mark", "")}


def exchange_of(app: Flask) -> Exchange:
    """The app's exchange."""
    found: Exchange = app.extensions["rackside_exchange"]
    return found


@blueprint.get("/stream")
@needs(Permission.SELF)
def stream() -> Response:
    """One message {"topic", "payload"} a bell. Ends by itself after ten minutes; the browser comes back.

    `after` is the mark that the page was rendered with: what rang between the two is told at once.
    """
    topics = _topics()
    headers = {"X-Accel-Buffering": "no"}
    if request.method == "HEAD":
        return Response(mimetype="text/event-stream", headers=headers)
    heard = request.headers.get("Last-Event-ID") or request.args.get("after")
    bells = Bells(exchange_of(current_app), topics, heard, request.environ.get("gunicorn.socket"))
    return Response(bells, mimetype="text/event-stream", headers=headers)


class Bells:
    """The body of one stream, which holds a thread and nothing of the database."""

    def __init__(
        self, exchange: Exchange, topics: frozenset[str], heard: str | None, page: socket.socket | None
    ) -> None:
        self._exchange = exchange
        self._listener = exchange.join(topics, heard)
        self._page = page
        if page is not None:  # without being told, a stream would outlive its page until the next heartbeat
            exchange.hang_ups.watch(page, self._listener.end)

    def close(self) -> None:
        """Called by the server whatever happened, also when the page went away."""
        if self._page is not None:
            self._exchange.hang_ups.forget(self._page)
        self._exchange.leave(self._listener)

    def __iter__(self) -> Iterator[str]:
        ends = time.monotonic() + LIFETIME_S
        yield f"retry: {RETRY_MS}\nid: {self._exchange.mark()}\n\n"
        while time.monotonic() < ends:
            bells = self._listener.wait(HEARTBEAT_S)
            if bells is None:
                return
            told = "".join(self._message(bell.number, bell.topic, bell.payload) for bell in bells)
            yield told or ": still here\n\n"

    def _message(self, number: int, topic: str, payload: str) -> str:
        text = json.dumps({"topic": topic, "payload": payload})
        return f"id: {self._exchange.mark(number)}\ndata: {text}\n\n"


def _topics() -> frozenset[str]:
    """From `topic=a&topic=b` or `topics=a,b`."""
    asked = request.args.getlist("topic") + [t for part in request.args.getlist("topics") for t in part.split(",") if t]
    topics = frozenset(asked)
    if not 1 <= len(topics) <= MOST_TOPICS or not all(TOPIC.fullmatch(topic) for topic in topics):
        sentence = f"Name 1 to {MOST_TOPICS} topics like order:WO-2026-000001 or site:AMS1."
        raise Invalid("invalid", sentence, [FieldError("topic", "invalid", sentence)])
    return topics
