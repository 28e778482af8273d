"""What a page at the rack shows, decided from plain values."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest

from app.jobs.kinds import KINDS
from app.jobs.outlook import Main, gates, job_title, main_verb, safety, serials_given, told
from app.jobs.states import Verb
from tests.unit.hardware.samples import healthy_server, server_with_lost_input

DISK, PSU = KINDS["disk_swap"], KINDS["psu_swap"]
SEEN = {"rack": "B17", "tag": "SRV-1", "light": "seen", "face": "front", "serial": None}


def main(verbs: Collection[Verb], **facts: Any) -> Main:
    usual = {
        "is_holder": True, "pending_match": False, "discrepancy": False, "start_refusal": None, "next_evidence": "tick",
    }  # fmt: skip
    return main_verb(verbs, **{**usual, **facts})


@pytest.mark.parametrize(
    ("verbs", "facts", "expected"),
    [
        ({Verb.CLAIM, Verb.NOTE}, {"is_holder": False}, Main.CLAIM),
        ({Verb.MATCH, Verb.HOLD}, {}, Main.CHECK),
        ({Verb.MATCH}, {"pending_match": True}, Main.WAIT_MATCH),
        ({Verb.MATCH}, {"pending_match": True, "is_holder": False}, Main.CHECK),
        ({Verb.MATCH, Verb.START}, {}, Main.START),
        ({Verb.MATCH, Verb.START}, {"start_refusal": "does_not_fit"}, Main.START),
        ({Verb.MATCH, Verb.START}, {"start_refusal": "not_matched"}, Main.CHECK),
        ({Verb.STEP}, {}, Main.STEP),
        ({Verb.STEP}, {"next_evidence": "second_person"}, Main.WAIT_STEP),
        ({Verb.STEP}, {"next_evidence": "second_person", "is_holder": False}, Main.STEP),
        ({Verb.STEP}, {"next_evidence": "photo", "is_holder": False}, Main.LOOK),
        ({Verb.STEP, Verb.COMPLETION}, {"next_evidence": None}, Main.COMPLETE),
        ({Verb.DISCREPANCY}, {"discrepancy": True, "is_holder": False}, Main.CORRECT),
        ({Verb.DISCREPANCY, Verb.MATCH}, {"discrepancy": True}, Main.CHECK),
        ({Verb.PART, Verb.NOTE}, {"is_holder": False}, Main.PART),
        ({Verb.NOTE}, {}, Main.LOOK),
    ],
)
def test_a_page_has_one_verb(verbs: set[Verb], facts: dict[str, Any], expected: Main) -> None:
    assert main(verbs, **facts) == expected


def test_nothing_that_nobody_read_is_called_safe() -> None:
    states = {fact.what: fact.state for fact in safety(None, DISK, consent_needed=False)}
    assert states == {"Power": "unknown", "Power supplies": "unknown", "Disk array": "unknown", "Consent": "ok"}


def test_lost_redundancy_and_a_missing_consent_are_told() -> None:
    document = server_with_lost_input().to_dict()
    facts = {fact.what: (fact.state, fact.word) for fact in safety(document, PSU, consent_needed=True)}
    assert facts["Power supplies"] == ("warning", "1 of 2 ok")
    assert facts["Consent"] == ("critical", "missing")


def test_a_running_server_is_no_place_for_cold_work() -> None:
    facts = safety(healthy_server().to_dict(), KINDS["power_cycle"], consent_needed=False)
    assert (facts[0].state, facts[0].word, facts[0].note) == ("warning", "on, 452 W", "cold: must be off")


def test_the_first_open_proof_is_the_one_to_do_now() -> None:
    found = gates(None, rack="B17", tag="SRV-1", serial="CZ12345", before=None)
    assert [gate.state for gate in found] == ["now", "todo", "todo", "todo"]


def test_the_machine_itself_proves_its_serial() -> None:
    match = {"seen": SEEN, "at": "2026-11-30T08:00:00.000Z"}
    before = healthy_server().to_dict()
    found = gates(match, rack="B17", tag="SRV-1", serial="cz12345 ", before=before)
    assert [gate.state for gate in found] == ["done", "done", "done", "done"]


def test_a_second_person_is_a_proof_of_their_own() -> None:
    match = {"seen": {**SEEN, "light": "none", "serial": "CZ12345"}, "pending": True}
    found = gates(match, rack="B17", tag="SRV-1", serial="CZ12345", before={})
    assert [gate.state for gate in found] == ["done", "done", "unknown", "done", "now"]


@pytest.mark.parametrize(
    ("kind", "target", "title"),
    [
        ("disk_swap", "3", "Disk swap, bay 3"),
        ("psu_swap", "2", "Power supply swap, PSU 2"),
        ("psu_swap", "PSU 2", "Power supply swap, PSU 2"),
        ("visual_check", None, "Visual check"),
    ],
)
def test_a_job_is_called_by_its_part(kind: str, target: str | None, title: str) -> None:
    assert job_title(KINDS[kind], target) == title


def test_the_record_speaks_plainly() -> None:
    assert told("match", {"stopped": True}, {}) == ("STOP: wrong machine", "critical")
    assert told("step", {"step": "esd"}, {"esd": "Put on the ESD strap"}) == ("Put on the ESD strap", "ok")
    assert told("claim", {}, {}) == ("Claimed", None)


def test_serials_come_from_the_steps_that_asked_for_them() -> None:
    class Done:
        def __init__(self, key: str, evidence: str, serial: str) -> None:
            self.key, self.evidence, self.given = key, evidence, {"serial": serial}

    steps = [Done("new_serial", "serial", "NEW-1"), Done("old_serial", "serial", "OLD-1"), Done("esd", "tick", "no")]
    assert serials_given(steps) == ("OLD-1", "NEW-1")
