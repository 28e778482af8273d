"""What the doctor makes of facts: pure, with the time and the figures passed in."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.doctor.checks.backups import judged as judged_backup
from app.doctor.checks.database import judged_clock, judged_privacy
from app.doctor.checks.machine import GIB, judged_pages, judged_room
from app.doctor.checks.pages import judged_address, judged_certificate
from app.doctor.findings import Finding, State, in_order, some
from app.tickets.integrations import load
from app.tickets.system import Addressed

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
SECRET = "whsec_" + "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="


@pytest.mark.parametrize(
    ("host", "address", "encrypted", "mode", "state"),
    [
        ("/run/postgresql", "", False, "prefer", State.OK),
        ("localhost", "127.0.0.1", False, "prefer", State.OK),
        ("db.example", "192.0.2.7", False, "prefer", State.PROBLEM),
        ("db.example", "192.0.2.7", True, "prefer", State.WARNING),
        ("db.example", "2001:db8::7", True, "verify-full", State.OK),
    ],
)
def test_a_line_to_a_database_elsewhere_wants_encryption_and_a_checked_certificate(
    host: str, address: str, encrypted: bool, mode: str, state: State
) -> None:
    assert judged_privacy(host, address, encrypted=encrypted, mode=mode).state == state


@pytest.mark.parametrize(
    ("theirs", "state"),
    [(-31, State.PROBLEM), (-3, State.WARNING), (0.5, State.OK), (2.9, State.OK), (4, State.WARNING)],
)
def test_clocks_may_differ_by_what_the_asking_took(theirs: float, state: State) -> None:
    said = judged_clock(NOW, NOW + timedelta(seconds=theirs), NOW + timedelta(seconds=1))
    assert said.state == state


@pytest.mark.parametrize(("free", "state"), [(GIB // 4, State.PROBLEM), (GIB, State.WARNING), (20 * GIB, State.OK)])
def test_a_disk_that_fills_is_told_before_it_is_full(free: int, state: State) -> None:
    assert judged_room(Path("/srv"), free).state == state


@pytest.mark.parametrize(
    ("address", "state"),
    [
        ("http://rackside.example", State.PROBLEM),
        ("http://127.0.0.1:8080", State.WARNING),
        ("https://rackside.example", State.OK),
    ],
)
def test_pages_over_plain_http_are_a_problem_except_on_this_machine(address: str, state: State) -> None:
    assert judged_address(address).state == state


@pytest.mark.parametrize(
    ("days", "own", "state"),
    [(30, False, State.OK), (10, False, State.WARNING), (10, True, State.OK), (5, True, State.WARNING)],
)
def test_a_certificate_near_its_end_is_told_in_time(days: int, own: bool, state: State) -> None:
    assert judged_certificate(NOW + timedelta(days=days), NOW, own=own).state == state


@pytest.mark.parametrize(
    ("age", "days", "state"),
    [(None, 7, State.WARNING), (8, 7, State.WARNING), (6, 7, State.OK), (None, 0, State.OK), (2, 1, State.WARNING)],
)
def test_a_backup_is_wanted_as_often_as_the_setting_says(age: int | None, days: int, state: State) -> None:
    last = None if age is None else NOW - timedelta(days=age)
    assert judged_backup(last, NOW, days).state == state


def test_page_assets_are_all_there_or_the_missing_one_is_named(tmp_path: Path) -> None:
    assert judged_pages(tmp_path).state == State.WARNING
    (tmp_path / "manifest.json").write_text(json.dumps({"files": {"main.js": "main-1.js", "main.css": "main-2.css"}}))
    (tmp_path / "main-1.js").touch()
    assert "main-2.css" in judged_pages(tmp_path).sentence
    (tmp_path / "main-2.css").touch()
    assert judged_pages(tmp_path).state == State.OK


def test_problems_come_first_and_the_table_s_order_stays() -> None:
    given = [Finding(name, state, "", None) for name, state in
             (("a", State.OK), ("b", State.WARNING), ("c", State.PROBLEM), ("d", State.WARNING))]  # fmt: skip
    assert [one.name for one in in_order(given)] == ["c", "b", "d", "a"]


def test_long_lists_name_the_first_and_count_the_rest() -> None:
    assert some(list("ABC")) == "A, B, C"
    assert some(list("ABCDEFG")) == "A, B, C, D, E and 2 more"
    assert some(list("ABCDE"), 9) == "A, B, C, D, E and 4 more"


@pytest.mark.parametrize(
    ("settings", "lines"),
    [
        ({"system": "webhook", "url": "http://hooks.example/x", "secrets": [SECRET], "allow_plain_http": True},
         ["http://hooks.example/x"]),
        ({"system": "webhook", "url": "http://127.0.0.1:1/x", "secrets": [SECRET]}, []),
        ({"system": "webhook", "url": "https://hooks.example/x", "secrets": [SECRET]}, []),
        ({"system": "request_tracker", "url": "http://rt.example", "queue": "Q", "user": "u", "token": "t",
          "allow_plain_http": True}, ["http://rt.example"]),
        ({"system": "email", "address": "a@b.example", "imap": "imap+plain://mail.example", "smtp": "smtps://mail.example",
          "user": "u", "password": "p", "token_secret": SECRET, "allow_plain": True}, ["mail.example:143"]),
    ],
)  # fmt: skip
def test_every_ticket_system_says_what_it_sends_in_the_clear(
    settings: dict[str, object], lines: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "integrations.json"
    file.write_text(json.dumps({"one": settings}))
    system = load(file)["one"]
    assert isinstance(system, Addressed)
    assert system.open_lines() == lines
