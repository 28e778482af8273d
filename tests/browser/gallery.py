"""A small application that shows every component with sample data: what the browser tests look at."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask, Response, flash, redirect, render_template, request
from flask_wtf import CSRFProtect, FlaskForm
from werkzeug.serving import make_server
from wtforms import BooleanField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, NumberRange

from app.web.components import PageLink, Shell, SignedIn, SiteHours, install

NOW = datetime(2026, 11, 24, 14, 8, 0, tzinfo=UTC)
ZONE = "Europe/Amsterdam"
WEB = Path(__file__).parents[2] / "app/web"
CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'"


class EscalationForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    """One field of each kind."""

    summary = StringField("What is wrong", [InputRequired("Say in a sentence what is wrong.")])
    kind = SelectField("Job", choices=[("disk_swap", "Disk swap, 30 min"), ("outlet_check", "Outlet check, 15 min")])
    priority = RadioField(
        "Priority", choices=[("normal", "Normal"), ("high", "High"), ("urgent", "Urgent")], default="high"
    )
    minutes = IntegerField("Minutes", [NumberRange(1, 480, "Between 1 and 480 minutes.")])
    tried = TextAreaField("What Level 1 already did", description="The technician reads this before walking.")
    consent = BooleanField("The customer agreed to data loss on this drive")


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


HOURS = SiteHours("Amsterdam", ZONE, True, NOW.replace(hour=7, minute=0), NOW.replace(hour=16, minute=0), None)
CLOSED = SiteHours(
    "Chicago", "America/Chicago", False, None, None, datetime(2026, 11, 24, 14, 0, tzinfo=UTC) + timedelta(days=1)
)
PAGES = (PageLink("My day", "/", True), PageLink("Queue", "/queue"), PageLink("Racks", "/racks"))
TESS = SignedIn("Tess Bakker", "technician, Amsterdam", PAGES, "/sign-out")

FINDING: dict[str, Any] = {
    "state": "critical", "kind": "psu", "component": "PSU 2: input lost", "number": "2",
    "title": "Outlet 14 of PDU B17-A is off",
    "cause": {"kind": "outlet", "device": "PDU B17-A", "component": "14", "state": "off since 14:02"},
    "advice": "Ask first who switched it off and why. Do not pull PSU 1: it carries the whole server.",
    "evidence": [
        {"source": "IPMI", "object": "PS2 Status", "value": "input lost", "read_at": ago(40)},
        {"source": "SNMP", "object": "rPDU2 outlet 14", "value": "off", "read_at": ago(38).isoformat()},
    ],
}  # fmt: skip
WARNING = {"state": "warning", "title": "Inlet air is 28.5 °C, 1.5 above its limit", "component": "Inlet", "cause": None,
           "advice": "Check the blanking panels above U22.", "evidence": [{"source": "IPMI", "object": "Inlet Temp", "value": "28.5 °C", "read_at": ago(900)}]}  # fmt: skip
UNKNOWN = {"state": "unknown", "title": "Switch port 12 could not be read", "component": "eth0", "cause": None,
           "advice": "The switch did not answer within 4 s. Ask the network team.", "evidence": []}  # fmt: skip
SOURCES = [
    {"name": "ipmi", "address": "10.3.17.21:623", "status": "ok", "detail": None, "advice": None, "duration_ms": 530},
    {"name": "redfish", "address": "https://10.3.17.21", "status": "auth_refused", "detail": "HTTP 401", "duration_ms": 210,
     "advice": "The password in the vault is not the one the BMC knows. Ask a system administrator."},
    {"name": "snmp", "address": "10.3.17.90:161", "status": "partial", "detail": "sensor table cut short", "advice": None, "duration_ms": 2100},
    {"name": "switch", "address": "10.3.17.2:161", "status": "timeout", "detail": "no answer in 4 s", "duration_ms": 4000,
     "advice": "Ask the network team whether tor-1 lets this collector in."},
]  # fmt: skip
GATES = [
    {"title": "Rack B17 scanned", "state": "done", "note": None, "at": ago(600)},
    {"title": "Tag AMS-004217", "state": "done", "note": None, "at": ago(560)},
    {"title": "ID LED blinking on the rear?", "state": "now", "note": "switched on 4 min ago", "at": None},
    {"title": "BMC serial", "state": "todo", "note": "after the light", "at": None},
]  # fmt: skip
PARTS = [
    {"name": "IPMI", "state": "ok", "detail": "81 requests, 0.5 s"}, {"name": "Redfish", "state": "reading", "detail": None},
    {"name": "SNMP PDU B17-A", "state": "warning", "detail": "table cut short"}, {"name": "SNMP tor-1", "state": "unknown", "detail": "no answer in 4 s"},
    {"name": "SSH", "state": "todo", "detail": None},
]  # fmt: skip
EVENTS = [
    {"at": ago(300), "by": "Tess Bakker", "text": "Tag scanned: AMS-004217", "why": None, "state": "ok"},
    {"at": ago(900), "by": "Tess Bakker", "text": "Claimed", "why": None, "state": "active"},
    {"at": ago(90_000), "by": "Level 1, Ravi", "text": "Moved to today", "why": "The customer asked for the afternoon.", "state": None},
]  # fmt: skip
DIFF = {
    "result": "repaired", "gone": [FINDING], "left": [], "new": [],
    "changed": [{"what": "PSU 2 serial", "before": "CN-1", "after": "CN-9", "expected": True}],
}  # fmt: skip


def order(number: int, title: str, where: str, kind: str, minutes: int, priority: str, state: str, start: int | None) -> dict[str, Any]:  # fmt: skip
    """A row of the queue; `start` is the latest start, in minutes from now."""
    return {
        "number": f"WO-2026-{number:06}", "title": title, "url": f"/work-orders/{number}", "where": where, "kind": kind,
        "minutes": minutes, "priority": priority, "state": state, "zone": ZONE, "is_now": number == 417,
        "latest_start": NOW + timedelta(minutes=start) if start else None,
    }  # fmt: skip


ORDERS = [
    order(417, "PSU 2 has no input", "2.04 · B17 · U21 rear", "outlet check", 15, "urgent", "matched", 37),
    order(420, "Drive 3 failed", "2.04 · B19 · U8 front", "disk swap", 30, "high", "released", 22),
    order(398, "Switch port flaps", "1.11 · A02 · U40 rear", "cable re-seat", 20, "normal", "awaiting_part", None),
    order(431, "Fan 2 below its limit", "2.04 · C01 · U33 rear", "visual check", 15, "normal", "booked", 60 * 18),
    order(377, "Memory module replaced", "2.04 · B02 · U12 front", "other hands", 45, "normal", "closed", None),
]
STEPS = ["done", "done", "problem", "now", "todo", "todo", "todo"]
SAMPLE = {
    "zone": ZONE, "finding": FINDING, "warning": WARNING, "unknown": UNKNOWN, "sources": SOURCES, "gates": GATES, "orders": ORDERS,
    "parts": PARTS, "events": EVENTS, "diff": DIFF, "ago": ago, "NOW": NOW, "timedelta": timedelta, "steps": STEPS,
    "points": [(ago(3600 - 300 * i), 23 + (i * 7 % 5) + i * 0.3) for i in range(13)],
}  # fmt: skip


def create_gallery(shell: Shell | None = None) -> Flask:
    """The gallery's application; `shell` replaces the usual frame."""
    app = Flask("gallery", template_folder=str(WEB / "templates"), static_folder=str(WEB / "static"))
    app.config.update(SECRET_KEY="gallery", WTF_CSRF_TIME_LIMIT=None)
    CSRFProtect(app)
    install(app, shell=lambda: shell or Shell(TESS, (HOURS,)), now=lambda: NOW)
    app.jinja_env.globals["clock_offset_s"] = lambda: (NOW - datetime.now(UTC)).total_seconds()
    stream: dict[str, Any] = {"refuse": False, "topics": [], "changed": threading.Event(), "count": 0}
    app.extensions["gallery_stream"] = stream

    @app.after_request
    def guard(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = CSP
        return response

    @app.get("/")
    def gallery() -> str:
        return render_template("components/gallery.html", form=EscalationForm(), count=stream["count"], **SAMPLE)

    @app.get("/order")
    def at_the_rack() -> str:
        return render_template("components/gallery_order.html", **SAMPLE)

    @app.get("/step")
    def at_a_step() -> str:
        return render_template("components/gallery_step.html", **SAMPLE)

    @app.get("/queue")
    def queue() -> str:
        return render_template("components/gallery_queue.html", **SAMPLE)

    @app.route("/form", methods=["GET", "POST"])
    def form() -> Any:
        form = EscalationForm()
        if form.validate_on_submit():
            flash("Booked for tomorrow 08:00.", "ok")
            return redirect("/queue")
        return render_template("components/gallery_form.html", form=form), 422 if request.method == "POST" else 200

    @app.get("/error/<int:status>")
    def error(status: int) -> Any:
        return render_template(
            f"errors/{status}.html", detail="Somebody claimed this order first.", reference="7f3a"
        ), status

    @app.get("/stream")
    def events() -> Any:
        stream["topics"].append(request.args["topics"])
        if stream["refuse"]:
            return "too many streams", 503
        return Response(_tell(stream), mimetype="text/event-stream")

    return app


def _tell(stream: dict[str, Any]) -> Iterator[str]:
    yield ": hello\n\n"
    if stream["changed"].wait(10):
        stream["changed"].clear()
        yield 'data: {"topic": "counter", "id": 1}\n\n'


@contextmanager
def serve(app: Flask) -> Iterator[str]:
    """Serve on 127.0.0.1 at a free port while the block runs; gives the address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        app.extensions.get("gallery_stream", {}).get("changed", threading.Event()).set()
        server.shutdown()
        thread.join(5)
        server.server_close()
