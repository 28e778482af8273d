"""What a check may look at: the settings, the environment, the database, and the time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from flask import Flask
from sqlalchemy.orm import Session

from app.core.clock import true_now
from app.core.database import reading
from app.core.settings import Settings


@dataclass(frozen=True, slots=True)
class Look:
    """One examination. `url` is SQLAlchemy's, `app` an application over it; `clock` gives true time, aware UTC."""

    settings: Settings
    environment: Mapping[str, str] = field(repr=False)
    url: str = field(repr=False)
    app: Flask
    clock: Callable[[], datetime] = true_now

    @property
    def line(self) -> str:
        """The database's address as the driver takes it. Holds a password."""
        return self.url.replace("+psycopg", "", 1)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """For what only reads; safe in any thread."""
        with self.app.app_context(), reading() as session:
            yield session
