"""Upkeep of the queue: jobs whose worker died come back, and what failed long ago is forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

HEARTBEAT_S: Final = 2.0
STALLED_S: Final = 6.0
MOST_DEATHS: Final = 5
"""A job whose worker died that often is taken for the cause."""

_STALLED = text("""
    SELECT job.id, job.attempts FROM procrastinate_jobs job
    LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
    WHERE job.status = 'doing' AND (CAST(:queues AS text[]) IS NULL OR job.queue_name = ANY(:queues))
      AND (worker.id IS NULL OR worker.last_heartbeat < now() - make_interval(secs => :stalled_s))
    FOR UPDATE OF job SKIP LOCKED
""")
_RETURN = text("SELECT procrastinate_retry_job_v2(:id, now(), NULL, NULL, NULL)")
_FINISH = text("SELECT procrastinate_finish_job_v1(:id, CAST(:status AS procrastinate_job_status), :forget)")
_FORGET = text("""
    DELETE FROM procrastinate_jobs job
    WHERE job.status IN ('failed', 'aborted', 'cancelled') AND NOT EXISTS (
        SELECT FROM procrastinate_events event WHERE event.job_id = job.id AND event.at > now() - interval '7 days')
""")


def return_stalled(session: Session, queues: Sequence[str] | None) -> int:
    """Give the jobs of dead workers back to `queues` (None: all queues); returns how many were found.

    Dead is who gave no sign of life for six seconds. A job may then run twice, so every task bears that. Several
    workers may do this at once: the rows are locked, so none is returned twice.
    """
    wanted = {"queues": None if queues is None else list(queues), "stalled_s": STALLED_S}
    stalled = session.execute(_STALLED, wanted).all()
    for job_id, attempts in stalled:
        if attempts >= MOST_DEATHS:
            session.execute(_FINISH, {"id": job_id, "status": "failed", "forget": False})
            continue
        try:
            with session.begin_nested():
                session.execute(_RETURN, {"id": job_id})
        except IntegrityError:  # one of the same name waits already: it does this one's work
            session.execute(_FINISH, {"id": job_id, "status": "aborted", "forget": True})
    return len(stalled)


def forget_failed(session: Session) -> None:
    """Delete the jobs that failed more than seven days ago; those that succeeded are deleted at once."""
    session.execute(_FORGET)
