"""The demo as somebody uses it: started, worked with, stopped at any moment, and started again."""

from __future__ import annotations

import signal
import socket
import stat
import subprocess
import sys
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.core.clock import true_now
from app.demo.lab import lab_fleet
from app.demo.world import DEVICES, SERVERS
from lab import tools
from lab.fixtures import need
from tests.integration.demo.conftest import SOURCE, Start, get, processes_of
from tests.waiting import wait_until

TUESDAY = "2026-12-01T09:30+01:00"  # the site of the example is open
WITHOUT_THE_LABS_PROGRAMS = (
    "import sys, lab.tools; lab.tools.SEARCH_PATH = '/nowhere'; from app.cli import main; sys.exit(main())"
)


def test_the_demo_carries_the_main_job_to_its_end_and_leaves_nothing_behind(
    start: Start, instance: Path, tmp_path: Path
) -> None:
    need("ipmi_sim", "snmpd")
    running = start("--at", TUESDAY)
    demo = running.wait_until_ready()
    assert stat.S_IMODE((instance / "demo.json").stat().st_mode) == 0o600
    assert set(demo) >= {"url", "people", "integrations", "lab"}
    assert demo["people"]["tess"]["sites"] == ["AMS1"]
    assert demo["people"]["lena"]["sites"] == "all"
    assert demo["people"]["tess"]["password"] in running.said
    for refused, why in ((start(), "runs already"), (start(folder=tmp_path / "other", port=running.port), "is taken")):
        assert refused.process.wait(20) == 1
        assert why in refused.said

    job = subprocess.run(
        [sys.executable, str(SOURCE / "examples" / "main_job.py"), str(instance / "demo.json")],
        capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    assert job.returncode == 0, job.stdout + job.stderr
    assert "closed:" in job.stdout

    assert running.stop() < 15
    assert "all stopped" in running.said
    assert processes_of(instance) == []
    assert not (instance / "demo.json").exists()
    socket.create_server(("127.0.0.1", running.port)).close()


@pytest.mark.parametrize(
    ("so_far", "number"),
    [
        pytest.param("demo.lock", signal.SIGTERM, marks=pytest.mark.proof),
        pytest.param("demo/postgres/data.new", signal.SIGINT, marks=pytest.mark.proof),
        pytest.param("demo/postgres/password", signal.SIGTERM, marks=pytest.mark.proof),
        pytest.param("demo/lab", signal.SIGHUP, marks=pytest.mark.proof),
        pytest.param("demo/integrations.json", signal.SIGINT),
        pytest.param("demo/facts.json", signal.SIGINT, marks=pytest.mark.proof),
        pytest.param("demo/logs/web.log", signal.SIGTERM, marks=pytest.mark.proof),
    ],
)
def test_a_demo_stopped_during_its_start_leaves_nothing_behind_and_starts_the_next_time(
    start: Start, instance: Path, so_far: str, number: signal.Signals
) -> None:
    starting = start()
    wait_until((instance / so_far).exists, within_s=30, every_s=0.002)
    assert starting.stop(number) < 15
    assert "is ready" not in starting.said
    assert "Traceback" not in starting.said
    assert processes_of(instance) == []
    assert not (instance / "demo.json").exists()

    again = start()
    demo = again.wait_until_ready()
    assert len(get(demo, "lena", "/work-orders")["items"]) == 6
    again.stop()


@pytest.mark.proof
def test_a_demo_started_again_keeps_people_and_orders_and_fresh_forgets_them(start: Start) -> None:
    saturday = f"{next_saturday()}T11:00:00+01:00"
    first = start("--at", saturday)
    demo = first.wait_until_ready()
    orders = {one["number"] for one in get(demo, "lena", "/work-orders")["items"]}
    assert len(orders) == 6
    with urllib.request.urlopen(f"{demo['url']}/sign-in", timeout=20) as page:
        assert "Drill: the clock is set to" in page.read().decode()
    assert "as asked, the clock was set to" in first.said
    first.stop()

    second = start()
    kept = second.wait_until_ready()
    assert kept["people"] == demo["people"]
    assert {one["number"] for one in get(kept, "tess", "/work-orders")["items"]} <= orders
    assert {one["number"] for one in get(kept, "lena", "/work-orders")["items"]} == orders
    second.stop()

    fresh = start("--fresh").wait_until_ready()
    assert fresh["people"]["tess"]["password"] != demo["people"]["tess"]["password"]


def next_saturday() -> str:
    today = true_now()
    return f"{today + timedelta(days=(5 - today.weekday()) % 7 or 7):%Y-%m-%d}"


def test_devices_whose_programs_are_missing_are_named_and_keep_an_address_where_nothing_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tools, "SEARCH_PATH", str(tmp_path))
    with lab_fleet(tmp_path) as lab:
        told = " ".join(lab.left_out)
        assert "ipmi_sim (Debian package openipmi)" in told
        assert "snmpd (Debian package snmpd)" in told
        assert all(one.tag in told for one in DEVICES)
        assert set(lab.endpoints) == {one.tag for one in (*SERVERS, *DEVICES)}
        assert len({one["port"] for asset in lab.endpoints.values() for one in asset.values()}) == 1


@pytest.mark.proof
def test_a_demo_without_the_labs_programs_says_what_it_leaves_out_and_goes_on(start: Start) -> None:
    running = start(command=(sys.executable, "-P", "-c", WITHOUT_THE_LABS_PROGRAMS, "demo"))
    demo = running.wait_until_ready()
    assert "Left out: the BMCs of all 12 servers, which need ipmi_sim (Debian package openipmi)." in running.said

    def first_diagnostics() -> Any:
        newest = get(demo, "sam", "/assets/AMS-004217/diagnostics")["items"]
        done = [one for one in newest if one.get("taken_at")]
        return done and get(demo, "sam", f"/diagnostics/{done[0]['id']}")

    document = wait_until(first_diagnostics, within_s=40, every_s=0.3)
    assert document["complete"] is False
    assert {one["status"] for one in document["sources"]} <= {"unreachable", "timeout"}
    assert all(one["advice"] for one in document["sources"])
    assert running.stop() < 15


@pytest.mark.proof
def test_web_and_workers_end_with_a_demo_that_is_killed(start: Start, instance: Path) -> None:
    running = start()
    running.wait_until_ready()
    assert any("serve" in one for one in processes_of(instance / "demo"))
    running.process.kill()
    running.process.wait()
    wait_until(lambda: not [one for one in processes_of(instance / "demo") if "-m app" in one], within_s=15)
