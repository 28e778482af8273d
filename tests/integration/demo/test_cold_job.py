"""The demo's cold job, carried through by real workers, a real BMC and real outlets."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from lab.fixtures import need
from tests.integration.demo.conftest import Start, environment, get
from tests.waiting import wait_until

SERVER = "AMS-004218"
TUESDAY = "2026-12-01T09:30+01:00"
GIVEN: dict[str, Any] = {"tick": {}, "photo": {"photo": "p-1"}, "serial": {"serial": "M32-5510"}}


def act(demo: dict[str, Any], number: str, verb: str, **body: Any) -> tuple[int, Any]:
    """Do a verb as Tess; status and JSON."""
    request = urllib.request.Request(
        f"{demo['url']}/api/v1/work-orders/{number}/{verb}", json.dumps(body).encode(), method="POST"
    )
    request.add_header("Authorization", f"Bearer {demo['people']['tess']['token']}")
    request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def lab(instance: Path, deed: str) -> None:
    """Play the hands."""
    command = [sys.executable, "-P", "-m", "app", "lab", deed, SERVER]
    subprocess.run(command, check=True, cwd="/", env=environment(instance), timeout=60, stdout=subprocess.DEVNULL)


@pytest.mark.proof
def test_the_demos_memory_swap_goes_down_is_done_and_comes_back(start: Start, instance: Path) -> None:
    need("ipmi_sim", "snmpd")
    running = start("--at", TUESDAY)
    demo = running.wait_until_ready()
    number = get(demo, "tess", f"/work-orders?asset={SERVER}")["items"][0]["number"]

    def order() -> Any:
        return get(demo, "tess", f"/work-orders/{number}")

    def courses() -> list[str]:
        items = get(demo, "tess", f"/work-orders/{number}/events")["items"]
        return [e["detail"].get("course") for e in items if e["verb"] == "shutdown"]

    assert order()["state"] == "released"
    assert act(demo, number, "claim")[0] == 200
    wait_until(lambda: order()["diagnostics"]["before"], within_s=40)
    assert act(demo, number, "match", rack="B17", tag=SERVER, light="seen", face="front")[0] == 200
    assert act(demo, number, "start")[0] == 200
    steps = order()["steps"]
    place = next(i for i, step in enumerate(steps) if step["must_be_off"])
    for step in steps[:place]:
        assert act(demo, number, "step", id=step["id"], evidence=GIVEN[step["evidence"]])[0] == 200
    assert act(demo, number, "step", id=steps[place]["id"], evidence={})[0] == 409
    assert act(demo, number, "shutdown")[0] == 200
    wait_until(lambda: courses()[-1] == "off", within_s=60, every_s=0.5)
    assert courses() == ["asked", "sent", "off"]
    lab(instance, "repair")
    for step in steps[place:]:
        given = {"serial": "M-OLD"} if step["id"] == "old_serial" else GIVEN[step["evidence"]]
        status, told = act(demo, number, "step", id=step["id"], evidence=given)
        assert status == 200, told
    done = {"outcome": "repaired", "removed_serial": "M-OLD", "installed_serial": "M32-5510"}
    assert "has to be on" in act(demo, number, "completion", **done)[1]["detail"]
    lab(instance, "on")

    def leaves() -> bool:
        asked = urllib.request.Request(f"{demo['url']}/api/v1/assets/{SERVER}/diagnostics", b"{}", method="POST")
        asked.add_header("Authorization", f"Bearer {demo['people']['tess']['token']}")
        asked.add_header("Content-Type", "application/json")
        urllib.request.urlopen(asked, timeout=30).close()
        return act(demo, number, "completion", **done)[0] == 200

    wait_until(leaves, within_s=60, every_s=2)
    wait_until(lambda: order()["diagnostics"]["after"], within_s=60, every_s=0.5)
    assert order()["outcome"] == "repaired"
    running.stop()
