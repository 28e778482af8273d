"""What a worker does by the clock: small things every few seconds of true time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core.database import db

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chore:
    """Run every `every_s` seconds; `alone`: never in two workers at the same time, on whatever machines."""

    name: str
    every_s: float
    run: Callable[[], None]
    alone: bool = False


def do(app: Flask, chore: Chore) -> None:
    """Do it once, inside an app context. Its failure is logged and ends nothing: the next turn comes."""
    try:
        with app.app_context(), _permission(chore) as permitted:
            if permitted:
                chore.run()
    except DBAPIError as error:
        log.warning("%s: %s", chore.name, str(error.orig).strip().partition("\n")[0])
    except Exception:
        log.exception("%s failed", chore.name)


@contextmanager
def _permission(chore: Chore) -> Iterator[bool]:
    """Whether it may run now: for one that runs alone, whether nobody else is at it."""
    if not chore.alone:
        yield True
        return
    with db.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")  # no transaction stays open meanwhile
        name = {"name": f"rackside {chore.name}"}
        if not connection.scalar(text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))"), name):
            yield False
            return
        try:
            yield True
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(hashtextextended(:name, 0))"), name)
