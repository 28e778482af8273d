"""Numbers of orders: each once, from one on in every year, and nobody waits for another's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from app.jobs.operations.numbers import next_number

IN_2026 = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
IN_2027 = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """Connections that do not wait long for each other."""
    made = create_engine(database, connect_args={"options": "-c lock_timeout=200"})
    yield made
    made.dispose()


def test_numbers_count_up_within_a_year_and_begin_again_in_the_next(engine: Engine) -> None:
    with Session(engine) as session:
        numbers = [next_number(session, "WO", at) for at in (IN_2026, IN_2026, IN_2027, IN_2027)]
        assert numbers == ["WO-2026-000001", "WO-2026-000002", "WO-2027-000001", "WO-2027-000002"]
        assert next_number(session, "ESC", IN_2027) == "ESC-2027-000001"


def test_nobody_waits_for_a_number_that_another_has_taken_and_not_committed(engine: Engine) -> None:
    with Session(engine) as first, Session(engine) as second:
        next_number(first, "WO", IN_2026)
        first.commit()
        taken = next_number(first, "WO", IN_2026)
        assert next_number(second, "WO", IN_2026) != taken


def test_a_number_taken_before_the_years_first_was_written_down_is_not_given(engine: Engine) -> None:
    with Session(engine) as session:
        session.execute(text("SELECT nextval('number_wo') FROM generate_series(1, 5)"))
        session.execute(text("INSERT INTO number_year (prefix, year, before) VALUES ('WO', 2026, 8)"))
        assert next_number(session, "WO", IN_2026) == "WO-2026-000001"
