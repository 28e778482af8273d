#!/usr/bin/env python3
"""The main job through the API: an escalated ticket becomes a finished on-site job, on the running demo.

    ./rackside demo &
    python3 examples/main_job.py                     (or: main_job.py path/to/demo.json)

Standard library only. Every step is what its person does: Level 1 escalates, the technician claims, checks the server,
works and completes; the machine proves it; Level 1 passes on the customer's word. `./rackside lab repair` plays the
hands, so that the lab's BMC and PDU really answer differently afterwards.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SERVER = "AMS-004217"
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082"
)


class Api:
    """One person's door to the API."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url, token

    def call(self, method: str, path: str, body: object = None, image: bytes | None = None) -> Any:
        """Send one request; JSON back. A refusal ends the script with its sentence."""
        data = image if image is not None else (None if body is None else json.dumps(body).encode())
        request = urllib.request.Request(f"{self.url}/api/v1{path}", data=data, method=method)
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Content-Type", "image/png" if image is not None else "application/json")
        if method == "POST":
            request.add_header("Idempotency-Key", str(uuid.uuid4()))
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refusal:
            sys.exit(f"{method} {path}: {refusal.code} {refusal.read().decode()}")

    def act(self, number: str, verb: str, **body: object) -> Any:
        """Do one verb to an order."""
        return self.call("POST", f"/work-orders/{number}/{verb}", body)


def main() -> None:
    """Run the whole job and print each station."""
    started = time.monotonic()
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "instance" / "demo.json"
    demo = json.loads(file.read_text())
    person = {name: Api(demo["url"], one["token"]) for name, one in demo["people"].items()}
    tess, tom, lena = person["tess"], person["tom"], person["lena"]

    offer = lena.call("GET", f"/offers?asset={SERVER}&job_kind=outlet_check")
    print("offer:", offer["earliest"]["starts_local"], "|", "; ".join(offer["explanation"]))
    order = escalate(lena)
    number = order["number"]
    print("escalated:", number, order["state"], "promised", order["promise"]["from_local"])

    if order["state"] != "released":
        raise SystemExit("The site is closed now. Start the demo on a working morning: --at 2026-12-01T09:30+01:00")
    order = tess.act(number, "claim")
    print("claimed; latest start", order["permit"]["latest_start"])
    order = wait_for(tess, number, lambda o: o["diagnostics"]["before"])
    before = tess.call("GET", f"/diagnostics/{order['diagnostics']['before']}")
    for finding in before["findings"]:
        cause = finding["cause"] or {}
        print(" ", finding["state"], finding["title"], "<-", cause.get("device", "-"), cause.get("component", ""))

    asset = tess.call("GET", f"/assets/{SERVER}")
    tess.call("POST", f"/assets/{SERVER}/id-led", {"on": True, "seconds": 60})
    order = tess.act(number, "match", rack=asset["rack"], tag=SERVER, light="seen", face=asset["face"])
    print("server check:", order["state"])
    tess.act(number, "start")
    for step in order["steps"]:
        prove(tess, tom, number, step)
        if step["destructive"]:
            repair(file)
    order = tess.act(number, "completion", outcome="repaired", note="The outlet had been switched off by mistake.")
    order = wait_for(tess, number, lambda o: o["state"] == "awaiting_confirmation")
    print("proved:", order["comparison"]["result"], "gone:", [f["title"] for f in order["comparison"]["gone"]])
    order = lena.act(number, "confirmation", decision="confirmed", why="The customer sees both supplies again.")
    record = lena.call("GET", f"/work-orders/{number}/events")["items"]
    print(f"{order['state']}: {len(record)} events in the record, {time.monotonic() - started:.1f} s")


def escalate(lena: Api) -> Any:
    """Level 1 escalates a ticket of the customer's."""
    body = {
        "ticket": {
            "system": "helpdesk",
            "id": f"EX-{uuid.uuid4().hex[:8]}",
            "url": "https://tickets.example/EX",
            "subject": "Alarm: power redundancy lost",
            "channel": "ticket",
            "opened_at": datetime.now(UTC).isoformat(),
        },
        "asset": SERVER,
        "job_kind": "outlet_check",
        "reason": "server_issue",
        "priority": "urgent",
        "summary": "Power supply 2 has lost its input; the server runs on one supply.",
        "tried": "Asked the customer: nothing was changed.",
        "answers": {"outlet": "14"},
        "team": "data_center",
    }
    return lena.call("POST", "/escalations", body)["work_order"]


def prove(tess: Api, tom: Api, number: str, step: dict[str, Any]) -> None:
    """Do one step with the evidence that it asks for; a second person confirms on their own token."""
    evidence: dict[str, object] = {}
    if step["evidence"] == "photo":
        evidence = {"photo": tess.call("POST", f"/work-orders/{number}/photos", image=PIXEL)["id"]}
    elif step["evidence"] == "scan":
        evidence = {"code": "A14"}
    elif step["evidence"] == "serial":
        evidence = {"serial": "NEW-0001"}
    elif step["evidence"] == "second_person":
        evidence = {"confirm": True}
    who = tom if step["evidence"] == "second_person" else tess
    who.act(number, "step", id=step["id"], evidence=evidence)
    print("  done:", step["title"])


def repair(file: Path) -> None:
    """The hands: in the lab, the outlet is switched on and the supply has its input again."""
    environment = {"RACKSIDE_INSTANCE": str(file.parent), "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin"}
    command = [str(ROOT / ".venv" / "bin" / "python"), "-m", "app", "lab", "repair", SERVER]
    subprocess.run(command, check=True, cwd=ROOT, env=environment, timeout=60)


def wait_for(api: Api, number: str, fact: Any, within_s: float = 40) -> Any:
    """Ask until a fact about the order is true; give up after `within_s` seconds."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        order = api.call("GET", f"/work-orders/{number}")
        if fact(order):
            return order
        time.sleep(0.3)
    sys.exit(f"{number} did not get there within {within_s:.0f} s: {json.dumps(order, indent=1)}")


if __name__ == "__main__":
    main()
