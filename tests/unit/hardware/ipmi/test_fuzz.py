"""Any bytes as sensor records, log entries and inventories; briefly here, for ten minutes each with `-m proof`."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.unit.hardware.ipmi.fuzz import TARGETS, try_once

SECONDS = float(os.environ.get("PROOF_SECONDS", "600"))
GRACE_S = 120


@pytest.mark.parametrize("target", TARGETS)
def test_any_bytes_are_understood_or_refused_in_our_own_words(target: str) -> None:
    try_once(target, 100)


@pytest.mark.proof
@pytest.mark.parametrize("target", TARGETS)
def test_any_bytes_for_ten_minutes_in_256_mib(target: str) -> None:
    command = [sys.executable, "-m", "tests.unit.hardware.ipmi.fuzz", target, str(SECONDS)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS + GRACE_S, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
