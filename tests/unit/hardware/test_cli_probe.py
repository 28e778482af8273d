"""The two commands: exit statuses that scripts rely on, words and shapes that people read."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.hardware.cli_probe import compare_main, exit_status, main
from app.hardware.diagnostics import DiagnosticsDocument, Source
from app.hardware.printed import document_lines
from app.hardware.readings import SourceStatus, State
from tests.unit.hardware.samples import healthy_server, server_with_lost_input

SILENT = (Source("ipmi", "127.0.0.1:623", SourceStatus.TIMEOUT),)


@pytest.fixture
def before(tmp_path: Path) -> str:
    faulty = server_with_lost_input()
    return written(tmp_path / "before.json", replace(faulty, sources=faulty.sources[:2], complete=True).to_dict())


@pytest.fixture
def after(tmp_path: Path) -> str:
    return written(tmp_path / "after.json", healthy_server().to_dict())


def written(path: Path, content: Any) -> str:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


def with_state(state: State) -> DiagnosticsDocument:
    faulty = server_with_lost_input()
    return replace(faulty, findings=(replace(faulty.findings[0], state=state),))


@pytest.mark.parametrize(
    ("document", "status"),
    [
        (healthy_server(), 0),
        (with_state(State.WARNING), 1),
        (with_state(State.CRITICAL), 2),
        (replace(healthy_server(), sources=SILENT, complete=False), 3),
        (replace(with_state(State.UNKNOWN), sources=SILENT, complete=False), 3),
        (replace(healthy_server(), complete=False), 4),
        (with_state(State.UNKNOWN), 4),
    ],
)
def test_exit_status_of_a_probe_tells_what_was_found(document: DiagnosticsDocument, status: int) -> None:
    assert exit_status(document) == status


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ('{"deadline_s": NaN}', "NaN is not a number of JSON"),
        ("[]", "this must be an object"),
        ('{"devise": {}}', "there is no key 'devise' here"),
    ],
)
def test_bad_target_exits_64_with_a_sentence(
    content: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([written(tmp_path / "target.json", content)]) == 64
    assert sentence in capsys.readouterr().err


def test_bad_target_is_told_as_json_when_json_was_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([written(tmp_path / "target.json", {"device": {"role": "server"}}), "--json"]) == 64
    told = json.loads(capsys.readouterr().out)["error"]
    assert told["code"] == "invalid_target"
    assert {"field": "device.name", "code": "required", "detail": "this is required"} in told["errors"]


@pytest.mark.parametrize("arguments", [[], ["/nowhere/target.json"], ["a", "b"], ["a", "--colour"]])
def test_bad_arguments_exit_64(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 64
    assert capsys.readouterr().err.startswith("rackside probe: ")


def test_repaired_exits_0_and_says_what_changed(before: str, after: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare_main([before, after, "--finding", "psu:2"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("REPAIRED")
    assert "PSU2: critical: input lost -> ok" in out


def test_not_repaired_exits_1_and_new_fault_2(before: str, after: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare_main([before, before]) == 1
    assert compare_main([after, before]) == 2
    assert "NEW FAULT" in capsys.readouterr().out


def test_comparison_as_json_has_the_contracts_form(before: str, after: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare_main([before, after, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert list(told) == ["result", "gone", "left", "new", "changed"]
    assert told["gone"][0]["number"] == "2"


@pytest.mark.parametrize("finding", ["psu", "psu:", ":2", "toaster:2"])
def test_finding_that_is_no_kind_and_number_exits_64(
    finding: str, before: str, after: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare_main([before, after, "--finding", finding]) == 64
    assert "KIND:NUMBER" in capsys.readouterr().err


def test_file_that_is_no_diagnostics_exits_64(before: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare_main([before, written(tmp_path / "x.json", {"format": "other"})]) == 64
    assert compare_main([before, written(tmp_path / "y.json", "7")]) == 64
    assert "rackside.diagnostics/1" in capsys.readouterr().err


def test_terminal_shows_state_in_shape_and_words() -> None:
    lines = document_lines(server_with_lost_input())
    assert lines[0] == "SRV-0042   power on, 224 W   taken 2026-11-23 08:00:00 UTC in 812 ms"
    assert "[!!] CRITICAL: PSU 2 has lost its input" in lines
    assert "     because outlet 14 of PDU-A is off" in lines
    assert any(line.startswith("  [??] snmp:tor-1 127.0.0.1:1161: timeout") for line in lines)
    assert "  [??] temperature  PCH Temp: unknown   the sensor is switched off" in lines


def test_device_texts_cannot_steer_a_terminal() -> None:
    document = replace(healthy_server(), device="SRV\x1b[2J\r")
    assert document_lines(document)[0].startswith("SRV?[2J?   power on")


def test_nothing_found_and_not_everything_read_are_different_sentences() -> None:
    assert "Nothing found." in document_lines(healthy_server())
    incomplete = replace(healthy_server(), complete=False)
    assert "Nothing found, but not everything could be read." in document_lines(incomplete)
