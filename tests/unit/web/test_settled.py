"""Memory is tidied between pages, not during one."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest
from gunicorn.workers.gthread import TConn

from app.web.cli import Worker
from app.web.settled import MIDDLE, tidy


class Knot:
    """Refers to itself, so that only the collector finds it."""

    def __init__(self) -> None:
        self.itself = self


class Deferred(TConn):  # type: ignore[misc] # gunicorn ships no types
    """A connection on which nothing comes; what was made for it is dropped."""

    def __init__(self) -> None:
        self.initialized = self.data_ready = False
        self.left: weakref.ref[Knot] | None = None

    def wait_for_data(self, _timeout: float) -> bool:
        self.left = dropped()
        return False


@pytest.fixture(autouse=True)
def collector_at_rest() -> Iterator[None]:
    """Nobody else looks for garbage meanwhile."""
    gc.disable()
    yield
    gc.enable()


def dropped() -> weakref.ref[Knot]:
    """A knot that nobody holds any more."""
    return weakref.ref(Knot())


def test_what_a_request_leaves_is_gone_when_its_answer_has_left() -> None:
    connection = Deferred()
    Worker.__new__(Worker).handle(connection)
    assert connection.left is not None
    assert connection.left() is None


def test_what_outlived_a_request_goes_with_one_of_the_next_hundred() -> None:
    knot = Knot()
    left = weakref.ref(knot)
    gc.collect(0)
    del knot
    for _ in range(MIDDLE):
        tidy()
    assert left() is None
