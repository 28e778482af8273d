"""Whether the web server lives, whether it can work, and its figures for Prometheus."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Final

from flask import Blueprint, Flask, Response, current_app, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.core import migrations
from app.core.access import needs
from app.core.clock import true_now
from app.core.database import transaction
from app.core.errors import Unavailable
from app.core.permissions import Permission
from app.hardware.models import TrapDrop
from app.sites.models import Site
from app.tickets.models import Message
from app.web.stream import exchange_of

blueprint: Final = Blueprint("health", __name__)

QUEUES: Final = text(
    "SELECT queue_name, status::text, count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') GROUP BY 1, 2"
)


class Requests:
    """Answers counted by method and status, and the time they took."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count: Counter[tuple[str, int]] = Counter()
        self._seconds = 0.0

    def add(self, method: str, status: int, seconds: float) -> None:
        """Count one answer; methods are those of HTTP, whatever a client invents."""
        with self._lock:
            self._count[method if method in {"GET", "POST", "DELETE", "HEAD", "OPTIONS"} else "other", status] += 1
            self._seconds += seconds

    def lines(self) -> Iterator[str]:
        """In Prometheus' text form."""
        with self._lock:
            counted, seconds = dict(self._count), self._seconds
        for (method, status), number in sorted(counted.items()):
            yield f'rackside_requests_total{{method="{method}",status="{status}"}} {number}'
        yield f"rackside_request_seconds_sum {seconds:.6f}"
        yield f"rackside_request_seconds_count {sum(counted.values())}"


def install(app: Flask) -> None:
    """Count every answer of this process."""
    requests = app.extensions["rackside_requests"] = Requests()

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        requests.add(request.method, response.status_code, time.perf_counter() - g.began)
        return response


@blueprint.get("/health/live")
@needs(Permission.PUBLIC)
def live() -> ResponseReturnValue:
    """The process answers; asks nothing of anybody else."""
    return {"status": "live"}


@blueprint.get("/health/ready")
@needs(Permission.PUBLIC)
def ready() -> ResponseReturnValue:
    """The database answers and has this version's schema; otherwise 503 with the reason."""
    with transaction() as session:
        present = migrations.current(session.connection())
    if present != migrations.head():
        raise Unavailable("schema_behind", f"The schema is at {present}, this version needs {migrations.head()}.")
    return {"status": "ready", "schema": present}


@blueprint.get("/metrics")
@needs(Permission.PUBLIC)
def metrics() -> ResponseReturnValue:
    """Prometheus' text form. Only counts: no names, no addresses."""
    requests: Requests = current_app.extensions["rackside_requests"]
    with transaction() as session:
        kept = list(_of_database(session))
    lines = [*requests.lines(), f"rackside_streams_open {exchange_of(current_app).open_streams}", *kept]
    return Response("\n".join(lines) + "\n", mimetype="text/plain; version=0.0.4")


def _of_database(session: Session) -> Iterator[str]:
    for queue, status, number in session.execute(QUEUES):
        yield f'rackside_queue_jobs{{queue="{queue}",status="{status}"}} {number}'
    for state in ("pending", "dead"):
        number = session.scalar(select(func.count()).select_from(Message).where(Message.state == state))
        yield f"rackside_outbox_{state} {number}"
    dropped = select(Site.code, TrapDrop.reason, func.sum(TrapDrop.number)).outerjoin(Site, Site.id == TrapDrop.site_id)
    for code, reason, number in session.execute(dropped.group_by(Site.code, TrapDrop.reason)):
        yield f'rackside_traps_dropped_total{{site="{code or ""}",reason="{reason}"}} {number}'
    now = true_now()
    for code, seen_at in session.execute(select(Site.code, Site.worker_seen_at).order_by(Site.code)):
        if seen_at is not None:
            yield f'rackside_site_worker_age_seconds{{site="{code}"}} {(now - seen_at).total_seconds():.0f}'
