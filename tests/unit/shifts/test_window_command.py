"""`./rackside window`, as other programs call it."""

from __future__ import annotations

import io
import json
import os
import random
import resource
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.shifts.cli_window import LONGEST_LINE, MOST_CLOSED_DAYS, main
from app.shifts.window import zone_names

ROOT = Path(__file__).parents[3]
COMMAND = (sys.executable, "-m", "app.shifts.cli_window")
FRIDAY = {"time_zone": "Europe/Amsterdam", "at": "2026-11-20T16:40:00+01:00", "minutes": 30}
FLAGS = ("--time-zone", "Europe/Amsterdam", "--at", "2026-11-20T16:40:00+01:00", "--minutes", "30")


@pytest.fixture
def batch(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Send lines through --batch in this process, get the answers."""

    def send(*lines: bytes | object) -> list[dict[str, Any]]:
        sent = b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(sent)))
        assert main(["--batch"]) == 0
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return send


def test_answer_has_the_form_that_programs_rely_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*FLAGS, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "at": "2026-11-20T15:40:00Z",
        "is_open": True,
        "closes_at": "2026-11-20T16:00:00Z",
        "next_opens_at": "2026-11-23T07:00:00Z",
        "earliest": {
            "starts_at": "2026-11-23T07:00:00Z",
            "ends_at": "2026-11-23T07:30:00Z",
            "starts_local": "2026-11-23T08:00:00+01:00",
            "ends_local": "2026-11-23T08:30:00+01:00",
            "time_zone": "Europe/Amsterdam",
        },
        "explanation": [
            "Fri 16:40 Amsterdam: 30 min do not fit before 17:00",
            "Sat and Sun closed",
            "Mon 08:00 Amsterdam is the next opening",
        ],
    }


def test_answer_for_a_person_is_the_arithmetic_and_the_time(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*FLAGS, "--closed", "2026-11-23", "--closed", "2026-11-24", "2026-11-25"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Fri 16:40 Amsterdam: 30 min do not fit before 17:00",
        "Sat and Sun closed",
        "23 Nov, 24 Nov and 25 Nov closed",
        "Thu 08:00 Amsterdam is the next opening",
        "earliest: 2026-11-26T08:00:00+01:00 to 2026-11-26T08:30:00+01:00",
        "next opening: 2026-11-26T08:00:00+01:00",
    ]


def test_closed_site_without_minutes_says_when_it_opens(batch: Any) -> None:
    (said,) = batch({"time_zone": "Europe/Amsterdam", "at": "2026-11-20T18:00:00+01:00"})
    assert (said["is_open"], said["closes_at"], said["earliest"]) == (False, None, None)
    assert said["next_opens_at"] == "2026-11-23T07:00:00Z"
    assert said["explanation"][-1] == "Mon 08:00 Amsterdam is the next opening"
    assert "error" not in said


def test_work_that_cannot_be_placed_is_an_answer_with_an_error(batch: Any) -> None:
    shut = [f"{(datetime(2026, 11, 20, tzinfo=UTC) + timedelta(days=ahead)).date()}" for ahead in range(402)]
    too_long, nothing = batch(FRIDAY | {"minutes": 541}, FRIDAY | {"closed": shut})
    assert (too_long["earliest"], too_long["error"]) == (None, {"code": "does_not_fit"})
    assert too_long["next_opens_at"] == "2026-11-23T07:00:00Z"
    assert (nothing["earliest"], nothing["error"]) == (None, {"code": "no_window"})
    assert nothing["next_opens_at"] is None
    assert main([*FLAGS[:-1], "541"]) == 0


@pytest.mark.parametrize(
    "flags",
    [
        (),
        ("--time-zone", "Europe/Amsterdam"),
        ("--at", "2026-11-20T16:40Z"),
        ("--time-zone", "Mars/Olympus", "--at", "2026-11-20T16:40Z"),
        ("--time-zone", "UTC", "--at", "2026-11-20T16:40"),
        ("--time-zone", "UTC", "--at", "now"),
        ("--time-zone", "UTC", "--at", "0001-01-01T00:00+14:00"),
        ("--time-zone", "UTC", "--at", "9999-12-31T23:59Z"),
        ("--time-zone", "UTC", "--at", "2026-02-30T08:00Z"),
        (*FLAGS, "--minutes", "0"),
        (*FLAGS, "--minutes", "-5"),
        (*FLAGS, "--minutes", "1.5"),
        (*FLAGS, "--minutes", "1_0"),
        (*FLAGS, "--minutes", "٣٠"),
        (*FLAGS, "--minutes", "9" * 5000),
        (*FLAGS, "--closed", "2026-W48-1"),
        (*FLAGS, "--closed", "2026-02-30"),
        (*FLAGS, "--closed"),
        (*FLAGS, "--hours", "Fri-Mon 08:00-17:00"),
        (*FLAGS, "--batch"),
        (*FLAGS, "--nonsense"),
    ],
)
def test_bad_question_ends_with_64_and_a_sentence(flags: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*flags, "--json"]) == 64
    said = json.loads(capsys.readouterr().out)
    assert said["error"]["code"] == "invalid"
    assert said["error"]["detail"]
    assert said["earliest"] is None
    assert main(flags) == 64
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", f"rackside window: {said['error']['detail']}\n")


def wrong(key: str, *values: object) -> list[object]:
    return [FRIDAY | {key: value} for value in values]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 50_000,
        b'{"minutes": ' + b"9" * 5000 + b"}",
        {},
        FRIDAY | {"minute": 30},
        *wrong("minutes", True, 30.0, "30", 0, -1, 10**12, [30], float("nan")),
        *wrong("at", None, 0, "", "2026-11-20", "2026-11-20T16:40\x00Z", "x" * 10_000),
        *wrong("time_zone", None, 1, "\ud800", "Europe/Amsterdam\n", "../UTC"),
        *wrong("hours", 1, [], "", "Mon-Fri\x1b[2J 08:00-17:00"),
        *wrong("closed", "2026-12-25", [1], [None], ["2026-12-25T00:00"], {}),
        {**FRIDAY, "closed": ["2026-12-25"] * (MOST_CLOSED_DAYS + 1)},
        b" " * LONGEST_LINE + b"{}",
        b" " * 3 * LONGEST_LINE + b"{}",
    ],
)
def test_bad_line_carries_its_error_and_the_batch_goes_on(line: bytes | object, batch: Any) -> None:
    before, bad, after = batch(FRIDAY, line, FRIDAY)
    assert bad["error"]["code"] == "invalid"
    assert bad["error"]["detail"].isprintable()
    assert len(bad["error"]["detail"]) < 300
    assert before == after
    assert before["earliest"]["starts_at"] == "2026-11-23T07:00:00Z"


def test_keys_that_are_null_are_as_good_as_missing(batch: Any) -> None:
    with_null, without = batch(FRIDAY | {"hours": None, "closed": None}, FRIDAY)
    assert with_null == without


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["time_zone", "hours", "closed", "at", "minutes", "x"]),
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers()
            | st.floats()
            | st.text()
            | st.sampled_from(["UTC", "Mon-Fri 08:00-17:00", "2026-11-20T16:40Z", "2026-12-25"]),
            lambda inner: st.lists(inner, max_size=3),
            max_leaves=4,
        ),
    )
)
def test_whatever_comes_in_one_answer_goes_out(given_keys: dict[str, Any]) -> None:
    out, keep = io.StringIO(), (sys.stdin, sys.stdout)
    try:
        sys.stdin, sys.stdout = io.TextIOWrapper(io.BytesIO(json.dumps(given_keys).encode())), out
        assert main(["--batch"]) == 0
    finally:
        sys.stdin, sys.stdout = keep
    (said,) = map(json.loads, out.getvalue().splitlines())
    assert set(said) - {"error"} == {"at", "is_open", "closes_at", "next_opens_at", "earliest", "explanation"}


def test_command_loads_neither_web_nor_database_nor_holidays() -> None:
    program = "import sys, app.shifts.cli_window; print(*sorted(name for name in sys.modules if '.' not in name))"
    loaded = subprocess.run((sys.executable, "-c", program), cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"flask", "sqlalchemy", "holidays", "psycopg"} & set(loaded.stdout.split())


def test_ten_thousand_lines_take_less_than_5_seconds() -> None:
    done, spent_s = run_batch(lines(10_000), "UTC")
    assert len(done) == 10_000
    assert {json.loads(line).get("error", {}).get("code") for line in done} == {None, "does_not_fit"}
    assert spent_s < 5


def test_zone_of_the_machine_does_not_matter() -> None:
    some = lines(300)
    assert run_batch(some, "UTC")[0] == run_batch(some, "Pacific/Apia")[0]


def run_batch(sent: str, machine_zone: str) -> tuple[list[str], float]:
    """Return the answers of a process of its own, and its processor time from start to end (the machine is shared)."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        (*COMMAND, "--batch"),
        cwd=ROOT,
        env={**os.environ, "TZ": machine_zone},
        input=sent,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done.stdout.splitlines(), spent_s


def lines(count: int) -> str:
    chance = random.Random(1)  # a repeatable mixture
    zones = sorted(zone_names())
    hours = (
        "Mon-Fri 08:00-17:00",
        "Mon-Fri 08:00-12:00,Mon-Fri 13:00-17:00",
        "Mon-Sun 00:00-24:00",
        "Mon-Sat 06:00-22:00",
        "Mon-Fri 00:00-24:00",
    )

    def line() -> str:
        at = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(6 * 365 * 86400))
        closed = [(at + timedelta(days=chance.randrange(400))).date().isoformat() for _ in range(chance.randrange(20))]
        question = {"time_zone": chance.choice(zones), "hours": chance.choice(hours), "closed": closed}
        return json.dumps(question | {"at": at.isoformat(), "minutes": chance.choice([15, 20, 30, 60, 240, 600])})

    return "".join(f"{line()}\n" for _ in range(count))
