"""`rackside person`, `token`, `site` and `migrate` over a real database, as somebody types them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from apiflask import APIFlask

from app.core.cli import migrate
from app.people.cli import person, token
from app.shifts.cli_shift import main as shift
from app.shifts.cli_site import main as site
from tests.integration.conftest import PASSWORD, Browser, Program

Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def run(database: str, tmp_path: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command; gives the exit status and what it printed as JSON, or its complaint."""
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("RACKSIDE_INSTANCE", str(tmp_path))

    def go(command: Callable[[list[str]], int], *arguments: str, typed: str = "") -> tuple[int, Any]:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        status = command([*arguments, "--json"])
        printed = capsys.readouterr()
        return status, json.loads(printed.out) if printed.out else printed.err

    return go


def test_a_person_added_at_the_command_line_signs_in(run: Run, web_app: APIFlask) -> None:
    run(site, "add", "AMS1", "--name", "Amsterdam", "--time-zone", "Europe/Amsterdam")
    status, tess = run(
        person, "add", "tess", "--full-name", "Tess Bakker", "--role", "technician@AMS1", "--role", "l1_engineer@all",
        "--password-stdin", typed=f"{PASSWORD}\n",
    )  # fmt: skip
    assert status == 0
    assert tess["roles"] == ["l1_engineer@all", "technician@AMS1"]
    assert Browser(web_app.test_client()).sign_in("tess").status_code == 303
    status, everybody = run(person, "list")
    assert [one["name"] for one in everybody["items"]] == ["tess"]


def test_what_was_refused_changes_nothing_at_all(run: Run) -> None:
    status, complaint = run(person, "add", "tess", "--full-name", "Tess", "--role", "technician@XXX9")
    assert (status, complaint) == (1, "rackside: There is no site XXX9.\n")
    assert run(person, "list")[1]["items"] == []


def test_roles_come_and_go_at_the_command_line(run: Run) -> None:
    run(person, "add", "omar", "--full-name", "Omar")
    assert run(person, "grant", "omar", "manager@all", "admin@all")[1]["roles"] == ["admin@all", "manager@all"]
    assert run(person, "revoke", "omar", "manager@all")[1]["roles"] == ["admin@all"]
    assert run(person, "revoke", "omar", "admin@all")[0] == 1, "the last administrator stays"


def test_a_token_made_at_the_command_line_works_until_it_is_revoked(run: Run, web_app: APIFlask) -> None:
    run(person, "add", "bot", "--full-name", "Ticket bot", "--role", "integration@all")
    _, made = run(token, "create", "bot", "--for", "tickets", "--scope", "sites:read", "--days", "30")
    program = Program(web_app.test_client(), made["token"])
    assert program.get("/api/v1/sites").status_code == 200
    assert [one["id"] for one in run(token, "list", "bot")[1]["items"]] == [made["id"]]
    run(token, "revoke", "bot", str(made["id"]))
    assert program.get("/api/v1/sites").status_code == 401


def test_holidays_are_proposed_and_count_once_confirmed(run: Run) -> None:
    run(site, "add", "AMS1", "--name", "Amsterdam", "--time-zone", "Europe/Amsterdam", "--country", "NL")
    _, proposed = run(site, "propose", "AMS1", "--year", "2026")
    christmas = next(day for day in proposed["items"] if day["date"] == "2026-12-25")
    assert christmas["state"] == "proposed"
    _, closed = run(site, "close", "AMS1", "2026-12-25")
    assert [day["date"] for day in closed["items"] if day["state"] == "closed"] == ["2026-12-25"]
    assert run(site, "propose", "AMS1", "--year", "2026")[1] == closed, "proposing again changes nothing"
    assert "2026-12-25" not in [day["date"] for day in run(site, "open", "AMS1", "2026-12-25")[1]["items"]]


@pytest.mark.parametrize(
    ("field", "value"), [("--time-zone", "Europe/Nowhere"), ("--hours", "Mon-Sun"), ("--country", "nl")]
)
def test_a_site_with_impossible_hours_is_refused(run: Run, field: str, value: str) -> None:
    given = {"--name": "Amsterdam", "--time-zone": "Europe/Amsterdam", field: value}
    status, _ = run(site, "add", "AMS1", *(word for pair in given.items() for word in pair))
    if field == "--country":
        status, _ = run(site, "propose", "AMS1")
    assert status == 64


def test_bad_arguments_exit_with_64(run: Run) -> None:
    with pytest.raises(SystemExit) as refused:
        run(person, "add")
    assert refused.value.code == 64


def test_migrating_a_current_database_says_so(run: Run) -> None:
    status, said = run(migrate)
    assert (status, said["behind"]) == (0, False)
    assert run(migrate, "--check") == (0, said)


def test_a_roster_is_kept_at_the_command_line(run: Run) -> None:
    run(site, "add", "AMS1", "--name", "Amsterdam", "--time-zone", "Europe/Amsterdam")
    run(person, "add", "tess", "--full-name", "Tess Bakker")
    status, complaint = run(shift, "set", "AMS1", "tess")
    assert (status, "is no technician of AMS1" in complaint) == (64, True)
    run(person, "grant", "tess", "technician@AMS1")
    status, planned = run(shift, "set", "AMS1", "tess", "--hours", "Mon-Thu 08:00-16:00", "--from", "2026-01-01")
    assert status == 0
    hours = {"technician": "tess", "hours": "Mon-Thu 08:00-16:00", "from": "2026-01-01", "until": None}
    assert planned["roster"] == [hours]
    run(shift, "absence", "AMS1", "tess", "--from", "2030-07-01T08:00", "--until", "2030-07-05T17:00", "--why", "leave")
    assert run(shift, "list", "AMS1")[1]["absences"][0]["starts_at"] == "2030-07-01T06:00:00.000Z"
    assert run(shift, "end", "AMS1", "tess")[1]["roster"] == []
    assert run(shift, "end", "AMS1", "tess", "--from", "someday")[0] == 64
