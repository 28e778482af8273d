"""Work in the background: workers alive, queues that move, messages and alerts that arrive."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select, text

from app.doctor.findings import Said, count, ok, problem, some, warning
from app.doctor.look import Look
from app.hardware.models import Asset, Diagnostics, Endpoint
from app.hardware.operations.overdue import PATIENCE, WORKER_SILENT, is_silent
from app.jobs.alerts import targets
from app.jobs.models import Alert, SignOfLife
from app.jobs.operations.alerting import CENTER
from app.sites.models import Site
from app.tickets.models import Message

STANDS: Final = timedelta(minutes=15)
RUNS_LONG: Final = timedelta(hours=1)
LATE: Final = timedelta(minutes=10)

STANDING: Final = text("""
    SELECT job.queue_name, count(*), min(due.at) FROM procrastinate_jobs job CROSS JOIN LATERAL (
        SELECT greatest(job.scheduled_at, max(event.at)) AS at FROM procrastinate_events event
        WHERE event.job_id = job.id) due
    WHERE job.status = 'todo' AND due.at < :before GROUP BY 1 ORDER BY 1
""")
RUNNING: Final = text("""
    SELECT job.task_name, count(*) FROM procrastinate_jobs job CROSS JOIN LATERAL (
        SELECT max(event.at) AS at FROM procrastinate_events event WHERE event.job_id = job.id) began
    WHERE job.status = 'doing' AND began.at < :before GROUP BY 1 ORDER BY 1
""")
FAILED: Final = text("SELECT task_name, count(*) FROM procrastinate_jobs WHERE status = 'failed' GROUP BY 1 ORDER BY 1")


def workers(look: Look) -> Iterator[Said]:
    """Signs of life of the center and of every site whose machines are asked."""
    now = look.clock()
    asked = select(Endpoint.id).join(Asset).where(Asset.site_id == Site.id).exists()
    with look.session() as session:
        center = session.get(SignOfLife, CENTER)
        sites = session.execute(select(Site.code, Site.worker_seen_at).where(asked).order_by(Site.code)).all()
    if center is None or now - center.at > WORKER_SILENT:
        yield problem(
            f"No worker works for the center ({_since(center.at if center else None)}): nothing is released, "
            "no message leaves, no promise is watched.",
            "Start ./rackside worker --central; if it runs, its log says what is wrong.",
        )
    silent = [code for code, seen_at in sites if is_silent(seen_at, now=now)]
    if silent:
        last = max((seen for code, seen in sites if code in silent and seen), default=None)
        yield problem(
            f"No worker works for {some(silent)} ({_since(last)}): machines there are not asked.",
            f"Start ./rackside worker --site {silent[0]} inside its network, or ./rackside worker for all.",
        )
    elif center is not None:
        yield ok(f"Workers are at work for {count(len(sites), 'site', 'sites')}.")


def _since(last: datetime | None) -> str:
    return f"last seen {last:%Y-%m-%d %H:%M} UTC" if last else "never seen"


def queue(look: Look) -> Iterator[Said]:
    """Jobs that nobody takes, that never end, or that failed; and diagnostics that nobody answers."""
    now, wrong = look.clock(), False
    with look.session() as session:
        standing = session.execute(STANDING, {"before": now - STANDS}).all()
        running = session.execute(RUNNING, {"before": now - RUNS_LONG}).all()
        failed = session.execute(FAILED).all()
        overdue = session.scalar(
            select(func.count()).select_from(Diagnostics)
            .where(Diagnostics.state != "done", Diagnostics.requested_at < now - 2 * PATIENCE)
        )  # fmt: skip
    for name, number, since in standing:
        wrong = True
        yield problem(
            f"{count(number, 'job stands', 'jobs stand')} in the queue {name} since {since:%Y-%m-%d %H:%M} UTC.",
            f"Start a worker that serves it: ./rackside worker {_options(name)}.",
        )
    for name, number in running:
        wrong = True
        yield warning(
            f"{count(number, 'job', 'jobs')} {name} has been at work for more than an hour.",
            "Look at the log of its worker; a worker that is started again takes it up anew.",
        )
    for name, number in failed:
        wrong = True
        yield warning(
            f"{count(number, 'job', 'jobs')} {name} failed in the last seven days.",
            "The worker's log says why, under the name of the job.",
        )
    if overdue:
        wrong = True
        yield warning(
            f"{count(overdue, 'request', 'requests')} for diagnostics got no answer within ten minutes.",
            "The central worker ends them: see that it is at work.",
        )
    if not wrong:
        yield ok("The queues move, and no job has failed in the last seven days.")


def _options(queue_name: str) -> str:
    return f"--site {queue_name.removeprefix('site-')}" if queue_name.startswith("site-") else "--central"


def messages(look: Look) -> Iterator[Said]:
    """Messages to customers that were given up, or that do not get through."""
    with look.session() as session:
        dead = session.scalar(select(func.count()).select_from(Message).where(Message.state == "dead")) or 0
        stuck = select(Message.problem, func.count()).where(
            Message.state == "pending", Message.created_at < func.now() - LATE, Message.next_at < func.now() + LATE * 6
        )
        trying = session.execute(
            stuck.where(Message.attempts > 0).group_by(Message.problem).order_by(func.count().desc()).limit(3)
        ).all()
        late = session.scalar(
            select(func.count()).select_from(Message)
            .where(Message.state == "pending", Message.next_at < look.clock() - LATE)
        )  # fmt: skip
    if dead:
        yield warning(
            f"{count(dead, 'message', 'messages')} to customers could not be delivered and were given up.",
            "Each stands in its order's conversation, with the reason: have it sent again from there.",
        )
    for why, number in trying:
        yield problem(
            f"{count(number, 'message waits', 'messages wait')} because the last attempt failed: {why}",
            "Have the ticket system looked at; they are sent as soon as it takes them.",
        )
    if late:
        yield problem(
            f"{count(late, 'message', 'messages')} should have been sent more than ten minutes ago.",
            "Start ./rackside worker --central; if it runs, its log says what is wrong.",
        )
    if not (dead or trying or late):
        yield ok("No message to a customer is stuck.")


def alerts(look: Look) -> Iterator[Said]:
    """Whether somebody is told of missed promises, in private, and was."""
    listed = targets.load(look.settings.alerts_file, look.settings.alert_schemes)
    if not listed:
        yield warning(
            "Nobody is told of a missed promise or a silent worker.",
            "Name who is in a file, and RACKSIDE_ALERTS to it (docs/alerts.md), for workers and web server.",
        )
        return
    clear = [name for name, one in listed.items() if _in_the_clear(one.url)]
    if clear:
        yield warning(
            f"Alerts to {some(clear)} may travel in the clear.", "Use an address of a kind with TLS (mailtos, ...)."
        )
    with look.session() as session:
        dead = session.scalar(select(func.count()).select_from(Alert).where(Alert.state == "dead"))
    if dead:
        yield warning(
            f"{count(dead, 'alert', 'alerts')} never got through.",
            "The managers' board shows them and sends them again.",
        )
    elif not clear:
        yield ok(f"Alerts go to {some(list(listed))}.")


def _in_the_clear(url: str) -> bool:
    scheme = url.partition("://")[0].lower()
    return scheme not in targets.SAFE and not scheme.endswith("s")
