"""The command table: what it does with names it knows, names it does not, and failures."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app import cli
from app.core.errors import Unavailable

HERE = "tests.unit.core.test_cli"
ROOT = Path(__file__).resolve().parents[3]


def refuse(_arguments: list[str]) -> int:
    raise Unavailable("database_unavailable", "The database does not answer: try again in a minute.")


def interrupted(_arguments: list[str]) -> int:
    raise KeyboardInterrupt


def count(arguments: list[str]) -> int:
    return len(arguments)


@pytest.fixture(autouse=True)
def commands(monkeypatch: pytest.MonkeyPatch) -> None:
    known = [cli.Command(name, f"{HERE}:{name}", f"to {name}") for name in ("refuse", "interrupted", "count")]
    monkeypatch.setattr(cli, "COMMANDS", tuple(known))


def test_command_gets_the_remaining_arguments_and_its_status_is_the_exit_status() -> None:
    assert cli.main(["count", "--one", "two"]) == 2


def test_unknown_command_prints_the_list_and_exits_64(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["cuont"]) == 64
    told = capsys.readouterr()
    assert "no command 'cuont'" in told.err
    assert "to count" in told.err
    assert told.out == ""


@pytest.mark.parametrize(("arguments", "status"), [([], 64), (["--help"], 0)])
def test_nothing_and_help_print_the_list(arguments: list[str], status: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments) == status
    assert "to count" in capsys.readouterr().out


def test_refusal_is_one_sentence_and_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["refuse"]) == 1
    assert capsys.readouterr().err == "rackside refuse: The database does not answer: try again in a minute.\n"


def test_interrupt_exits_130() -> None:
    assert cli.main(["interrupted"]) == 130


def test_reader_who_has_seen_enough_is_no_error() -> None:
    command = f"{sys.executable} -m app window --help | true"
    done = subprocess.run(["/bin/sh", "-c", command], cwd=ROOT, env=dict(os.environ), capture_output=True, check=False)
    assert done.stderr == b""
