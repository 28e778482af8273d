"""Background work through a database that breaks off, and a worker that dies in the middle of diagnostics."""

from __future__ import annotations

import time
from collections.abc import Iterator

import psycopg
import pytest

from lab.fixtures import need
from tests.integration.durability.house import House, escalation, house, wait_for_order
from tests.waiting import wait_until

DEADLINE_S, GRACE_S, SWEEP_S = 10, 30, 15
WRITING = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE work_order%'"


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    need("ipmi_sim")
    with house(tmp_path_factory.mktemp("house")) as at_work:
        yield at_work


def test_a_job_whose_connection_breaks_off_is_done_again(at: House) -> None:
    """What a restart of the database does to a statement that is under way: an error, and the database is back."""
    number = at.post("lena", "/escalations", escalation("48190"))["work_order"]["number"]
    at.bmc.hang()
    at.act("tess", number, "claim")
    with psycopg.connect(at.database.replace("+psycopg", "")) as lock:
        lock.execute("LOCK TABLE work_order IN SHARE MODE")  # pages may read, nobody may write
        at.bmc.resume()
        writing = wait_until(lambda: at.rows(WRITING), within_s=30)
        assert at.rows(f"SELECT pg_terminate_backend({writing[0]['pid']}) AS done") == [{"done": True}]
    wait_for_order(at, number, "before")
    assert at.rows("SELECT FROM procrastinate_jobs WHERE status = 'failed'") == []


def test_diagnostics_whose_worker_dies_are_there_all_the_same_within_deadline_and_grace(at: House) -> None:
    number = at.post("lena", "/escalations", escalation("48191"))["work_order"]["number"]
    at.bmc.hang()
    at.act("tess", number, "claim")
    began = time.monotonic()
    wait_until(lambda: at.rows("SELECT FROM diagnostics WHERE state = 'running'"), within_s=30)
    at.kill("worker")
    at.bmc.resume()
    order = wait_for_order(at, number, "before")
    assert time.monotonic() - began < DEADLINE_S + GRACE_S + SWEEP_S
    document = at.get("tess", f"/diagnostics/{order['diagnostics']['before']}")
    assert document["complete"] or all(one["detail"] and one["advice"] for one in document["sources"])
    assert at.rows("SELECT FROM diagnostics WHERE state <> 'done'") == []
