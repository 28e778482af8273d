"""Threads that wait share one processor, and leave the rest of the process alone."""

from __future__ import annotations

import os
import threading
from concurrent.futures import wait

from app.core.waiting import waiting_threads


def test_all_threads_stay_on_one_processor_and_others_go_where_they_like() -> None:
    before = os.sched_getaffinity(0)
    met = threading.Barrier(4)

    def where() -> frozenset[int]:
        met.wait(10)
        return frozenset(os.sched_getaffinity(0))

    with waiting_threads(4, "test") as pool:
        running = [pool.submit(where) for _ in range(4)]
        wait(running, 10)
    places = {one.result() for one in running}
    assert len(places) == 1
    assert len(next(iter(places))) == 1
    assert next(iter(places)) <= before
    assert os.sched_getaffinity(0) == before
