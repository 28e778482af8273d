"""What a finding offers to the order's form."""

from __future__ import annotations

from app.jobs.kinds import KINDS
from app.jobs.suggestions import suggested

FINDING = {
    "title": "PSU 2 has lost its input",
    "job_kind": "outlet_check",
    "cause": {"kind": "outlet", "device": "PDU-A", "component": "14"},
    "evidence": [
        {"source": "ipmi", "object": "PS2 Status", "value": "input lost"},
        {"source": "ipmi-sel", "object": "event log record 12", "value": "redundancy lost"},
        {"source": "snmp:PDU-A", "object": "rPDU2OutletSwitchedStatusState.14", "value": "off"},
    ],
}


def test_evidence_says_what_was_seen_and_after_it_who_said_so() -> None:
    assert suggested(FINDING, KINDS).evidence == (
        "PSU 2 has lost its input. Evidence: PS2 Status: input lost (IPMI);"
        " event log record 12: redundancy lost (IPMI, event log);"
        " rPDU2OutletSwitchedStatusState.14: off (SNMP, PDU-A)."
    )


def test_kind_and_part_come_from_the_cause() -> None:
    offered = suggested(FINDING, KINDS)
    assert (offered.job_kind, offered.answers) == ("outlet_check", {"outlet": "PDU-A outlet 14"})


def test_a_finding_without_evidence_or_kind_is_its_title_alone() -> None:
    offered = suggested({"title": "Something is wrong"}, KINDS)
    assert (offered.job_kind, offered.answers, offered.evidence) == (None, {}, "Something is wrong.")
