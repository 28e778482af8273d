"""Whatever a host prints: no error but ours, nothing unknown passes for ok, and no command that nobody wrote."""

from __future__ import annotations

import json
import re
import time
import tracemalloc
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.hardware.collect_host import read_host
from app.hardware.facts import Wiring
from app.hardware.facts.json_values import value_at
from app.hardware.families.ssh import DEVICE, INTERFACE, PREFIX, Template
from app.hardware.readings import State
from app.hardware.rules import judge
from lab.ssh_host import Host, Said
from lab.ssh_outputs import SCAN, ata_drive, healthy, nvme_drive, sas_drive, scan, smart_of
from tests.unit.hardware.answers import NOW
from tests.unit.hardware.fuzzing import MEMORY_LIMIT, SECONDS
from tests.unit.hardware.ssh.hosts import Prepared, facts_of
from tests.unit.hardware.ssh.mutants import mutant
from tests.unit.hardware.ssh.test_drives import controller

LINES = sorted({**healthy().lines, **controller().lines})
HARMLESS = re.compile(r"[A-Za-z0-9 ,/._=+-]*", re.ASCII)
KEYS = st.sampled_from(("smart_status", "passed", "smartctl", "temperature"))
SMART = (
    ata_drive("WX10001"),
    ata_drive("WX10001", passed=False, self_test="Completed: read failure", version=(7, 0)),
    nvme_drive("NV10001", warning=5),
    nvme_drive("NV10001", used=120, version=4),
    sas_drive("SAS10001", asc=0x5D, ascq=0x10),
)


def judged(host: Host) -> Prepared:
    """Read and judge a host; what must hold of every one is checked here."""
    session = Prepared(host)
    facts = read_host(session, "ssh", NOW, lambda _part: None).facts
    judge(facts, Wiring(), "SRV")
    for part in facts.parts:
        assert part.observations
        assert part.component.state is State.OK or part.component.reason
    for line in session.lines:
        assert HARMLESS.fullmatch(line.removeprefix(PREFIX))
    return session


@given(seed=st.integers(0, 2**32), line=st.sampled_from(LINES))
def test_spoilt_answer_never_breaks_the_read(seed: int, line: str) -> None:
    host = controller() if line in controller().lines else healthy()
    judged(host.but(**{line: Said(mutant(host.lines[line].text, Random(seed)))}))


@given(line=st.sampled_from(LINES), text=st.text(max_size=400))
def test_any_text_is_read_without_an_error(line: str, text: str) -> None:
    judged(healthy().but(**{line: Said(text)}))


@given(
    answer=st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner),
        max_leaves=12,
    )
)
def test_drive_is_ok_only_when_it_says_that_it_passed(answer: object) -> None:
    host = Host("one", {SCAN: Said(scan(("/dev/sda", "sat"))), smart_of("/dev/sda"): Said(json.dumps(answer))})
    says_so = value_at(answer, "smart_status/passed") is True
    for drive in facts_of(host).parts:
        assert drive.state is not State.OK or says_so


@given(name=st.text(max_size=40))
def test_places_take_nothing_that_a_shell_would_act_on(name: str) -> None:
    for place, pattern in (("device", DEVICE), ("port", INTERFACE)):
        command = Template(f"tool {{{place}}}", {place: pattern}).filled("x", **{place: name})
        assert command is None or HARMLESS.fullmatch(command.line)
        assert command is None or not name.startswith("-")


@pytest.mark.proof
def test_smartctl_answers_break_nothing_for_ten_minutes() -> None:
    end, seed = time.monotonic() + SECONDS, 0
    tracemalloc.start()
    while time.monotonic() < end:
        seed += 1
        random = Random(seed)
        answer = mutant(random.choice(SMART), random)
        try:
            judged(Host("one", {SCAN: Said(scan(("/dev/sda", "sat"))), smart_of("/dev/sda"): Said(answer)}))
        except Exception as error:
            error.add_note(f"seed {seed}")
            raise
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MEMORY_LIMIT
