"""Sample facts for the gallery: one afternoon in Amsterdam."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from app.web.components import PageLink, Shell, SignedIn, SiteHours

Sample = dict[str, Any]

NOW = datetime(2026, 11, 24, 14, 8, 0, tzinfo=UTC)
ZONE = "Europe/Amsterdam"


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


AMSTERDAM = SiteHours("Amsterdam", ZONE, True, NOW.replace(hour=7, minute=0), NOW.replace(hour=16, minute=0), None)
CHICAGO = SiteHours("Chicago", "America/Chicago", False, None, None, datetime(2026, 11, 25, 14, 0, tzinfo=UTC))
PAGES = (PageLink("My day", "/", True), PageLink("Queue", "/queue"), PageLink("Racks", "/racks"))
TESS = SignedIn("Tess Bakker", "technician, Amsterdam", PAGES, "/sign-out")
SHELL = Shell(TESS, (AMSTERDAM,))
DRILL = Shell(TESS, (CHICAGO, AMSTERDAM), drill_at=NOW)

FINDING: Sample = {
    "state": "critical",
    "kind": "psu",
    "component": "PSU 2: input lost",
    "number": "2",
    "title": "Outlet 14 of PDU B17-A is off",
    "cause": {"kind": "outlet", "device": "PDU B17-A", "component": "14", "state": "off since 14:02"},
    "advice": "Ask first who switched it off and why. Do not pull PSU 1: it carries the whole server.",
    "evidence": [
        {"source": "IPMI", "object": "PS2 Status", "value": "input lost", "read_at": ago(40)},
        {"source": "SNMP", "object": "rPDU2 outlet 14", "value": "off", "read_at": ago(38).isoformat()},
    ],
}
WARNING: Sample = {
    "state": "warning",
    "title": "Inlet air is 28.5 °C, 1.5 above its limit",
    "component": "Inlet",
    "cause": None,
    "advice": "Check the blanking panels above U22.",
    "evidence": [{"source": "IPMI", "object": "Inlet Temp", "value": "28.5 °C", "read_at": ago(900)}],
}
UNKNOWN: Sample = {
    "state": "unknown",
    "title": "Switch port 12 could not be read",
    "component": "eth0",
    "cause": None,
    "advice": "The switch did not answer within 4 s. Ask the network team.",
    "evidence": [],
}
SOURCES = [
    {"name": "ipmi", "address": "10.3.17.21:623", "status": "ok", "detail": None, "advice": None, "duration_ms": 530},
    {
        "name": "redfish",
        "address": "https://10.3.17.21",
        "status": "auth_refused",
        "detail": "HTTP 401",
        "duration_ms": 210,
        "advice": "The password in the vault is not the one the BMC knows. Ask a system administrator.",
    },
    {
        "name": "snmp",
        "address": "10.3.17.90:161",
        "status": "partial",
        "detail": "sensor table cut short",
        "advice": None,
        "duration_ms": 2100,
    },
    {
        "name": "switch",
        "address": "10.3.17.2:161",
        "status": "timeout",
        "detail": "no answer in 4 s",
        "duration_ms": 4000,
        "advice": "Ask the network team whether tor-1 lets this collector in.",
    },
]
GATES = [
    {"title": "Rack B17 scanned", "state": "done", "note": None, "at": ago(600)},
    {"title": "Tag AMS-004217", "state": "done", "note": None, "at": ago(560)},
    {"title": "ID LED blinking on the rear?", "state": "now", "note": "switched on 4 min ago", "at": None},
    {"title": "BMC serial", "state": "todo", "note": "after the light", "at": None},
]
PARTS = [
    {"name": "IPMI", "state": "ok", "detail": "81 requests, 0.5 s"},
    {"name": "Redfish", "state": "reading", "detail": None},
    {"name": "SNMP PDU B17-A", "state": "warning", "detail": "table cut short"},
    {"name": "SNMP tor-1", "state": "unknown", "detail": "no answer in 4 s"},
    {"name": "SSH", "state": "todo", "detail": None},
]
EVENTS = [
    {"at": ago(300), "by": "Tess Bakker", "text": "Tag scanned: AMS-004217", "why": None, "state": "ok"},
    {"at": ago(900), "by": "Tess Bakker", "text": "Claimed", "why": None, "state": "active"},
    {
        "at": ago(90_000),
        "by": "Level 1, Ravi",
        "text": "Moved to today",
        "why": "The customer asked for the afternoon.",
        "state": None,
    },
]
DIFF = {
    "result": "repaired",
    "gone": [FINDING],
    "left": [],
    "new": [],
    "changed": [{"what": "PSU 2 serial", "before": "CN-1", "after": "CN-9", "expected": True}],
}


def order(
    number: int, title: str, where: str, kind: str, minutes: int, priority: str, state: str, start: int | None
) -> Sample:
    """A row of the queue; `start` is the latest start, in minutes from now."""
    return {
        "number": f"WO-2026-{number:06}",
        "title": title,
        "url": f"/work-orders/{number}",
        "where": where,
        "kind": kind,
        "minutes": minutes,
        "priority": priority,
        "state": state,
        "zone": ZONE,
        "is_now": number == 417,
        "latest_start": NOW + timedelta(minutes=start) if start else None,
    }


ORDERS = [
    order(417, "PSU 2 has no input", "2.04 · B17 · U21 rear", "outlet check", 15, "urgent", "matched", 37),
    order(420, "Drive 3 failed", "2.04 · B19 · U8 front", "disk swap", 30, "high", "released", 22),
    order(398, "Switch port flaps", "1.11 · A02 · U40 rear", "cable re-seat", 20, "normal", "awaiting_part", None),
    order(431, "Fan 2 below its limit", "2.04 · C01 · U33 rear", "visual check", 15, "normal", "booked", 60 * 18),
    order(377, "Memory module replaced", "2.04 · B02 · U12 front", "other hands", 45, "normal", "closed", None),
]
STEPS = ["done", "done", "problem", "now", "todo", "todo", "todo"]
SAMPLE: Sample = {
    "zone": ZONE,
    "finding": FINDING,
    "warning": WARNING,
    "unknown": UNKNOWN,
    "sources": SOURCES,
    "gates": GATES,
    "orders": ORDERS,
    "parts": PARTS,
    "events": EVENTS,
    "diff": DIFF,
    "ago": ago,
    "NOW": NOW,
    "timedelta": timedelta,
    "steps": STEPS,
    "points": [(ago(3600 - 300 * i), 23 + (i * 7 % 5) + i * 0.3) for i in range(13)],
}
