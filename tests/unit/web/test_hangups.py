"""Who hung up is told once, at once, and of nobody else."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from app.web.hangups import HangUps

SOON_S = 10.0


@pytest.fixture
def hang_ups() -> Iterator[HangUps]:
    watched = HangUps()
    yield watched
    watched.close()


def test_a_page_that_closes_is_told_and_the_others_are_not(hang_ups: HangUps) -> None:
    (page, browser), (other, its_browser) = socket.socketpair(), socket.socketpair()
    gone, other_gone = threading.Event(), threading.Event()
    hang_ups.watch(page, gone.set)
    hang_ups.watch(other, other_gone.set)
    its_browser.sendall(b"GET")  # what a page sends is no hang-up
    browser.close()
    assert gone.wait(SOON_S)
    assert not other_gone.is_set()
    its_browser.close()
    assert other_gone.wait(SOON_S)
    page.close()
    other.close()


def test_a_page_that_was_gone_before_anybody_watched_is_told_too(hang_ups: HangUps) -> None:
    page, browser = socket.socketpair()
    browser.close()
    gone = threading.Event()
    hang_ups.watch(page, gone.set)
    assert gone.wait(SOON_S)
    page.close()


def test_of_a_forgotten_page_nothing_is_told_also_when_its_number_is_anothers(hang_ups: HangUps) -> None:
    page, browser = socket.socketpair()
    gone, next_gone = threading.Event(), threading.Event()
    hang_ups.watch(page, gone.set)
    number = page.fileno()
    hang_ups.forget(page)
    page.close()
    following, its_browser = socket.socketpair()
    assert number in {following.fileno(), its_browser.fileno()}  # the system gives the lowest number that is free
    hang_ups.watch(following, next_gone.set)
    its_browser.close()
    assert next_gone.wait(SOON_S)
    assert not gone.is_set()
    for one in (browser, following):
        one.close()
