"""A small application that shows every component with sample facts: what the browser tests look at."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, current_app, flash, redirect, render_template, request
from flask_wtf import CSRFProtect, FlaskForm
from jinja2 import ChoiceLoader, FileSystemLoader
from werkzeug.serving import make_server
from wtforms import BooleanField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind wtforms 3.3
from wtforms.validators import InputRequired, NumberRange

from app.web.components import Shell, install
from app.web.drawing import PageEnvironment
from tests.browser.samples import NOW, SAMPLE, SHELL

WEB = Path(__file__).parents[2] / "app/web"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'"
)

pages = Blueprint("gallery", __name__)


@dataclass
class Stream:
    """The gallery's event stream: what was asked for, whether it refuses, and the one thing that changes."""

    refuses: bool = False
    asked: list[str] = field(default_factory=list)
    count: int = 0
    changed: threading.Event = field(default_factory=threading.Event)

    def change(self) -> None:
        """Count one up and tell whoever listens."""
        self.count += 1
        self.changed.set()

    def events(self) -> Iterator[str]:
        """A greeting, then one event when something changes within 10 s."""
        yield ": hello\n\n"
        if self.changed.wait(10):
            self.changed.clear()
            yield 'data: {"topic": "counter", "id": 1}\n\n'


class Gallery(Flask):
    """Draws as the product does: what its templates were compiled to is kept for the whole run."""

    jinja_environment = PageEnvironment


class EscalationForm(FlaskForm):  # type: ignore[misc]  # flask_wtf ships no types
    """One field of each kind."""

    summary = StringField("What is wrong", [InputRequired("Say in a sentence what is wrong.")])
    kind = SelectField(
        "Job",
        choices=[SelectChoice("disk_swap", "Disk swap, 30 min"), SelectChoice("outlet_check", "Outlet check, 15 min")],
    )
    priority = RadioField(
        "Priority", choices=[SelectChoice(name, name.title()) for name in ("normal", "high", "urgent")], default="high"
    )
    minutes = IntegerField("Minutes", [NumberRange(1, 480, "Between 1 and 480 minutes.")])
    tried = TextAreaField("What Level 1 already did", description="The technician reads this before walking.")
    consent = BooleanField("The customer agreed to data loss on this drive")


def stream_of(app: Flask) -> Stream:
    stream: Stream = app.extensions["gallery"]
    return stream


@pages.get("/")
def everything() -> str:
    return render_template("gallery/all.html", form=EscalationForm(), count=stream_of(current_app).count, **SAMPLE)


@pages.get("/<any(order, step, queue, confirm):name>")
def one_page(name: str) -> str:
    return render_template(f"gallery/{name}.html", **SAMPLE)


@pages.route("/form", methods=["GET", "POST"])
def form() -> Any:
    form = EscalationForm()
    if form.validate_on_submit():
        flash("Booked for tomorrow 08:00.", "ok")
        return redirect("/queue")
    return render_template("gallery/form.html", form=form), 422 if request.method == "POST" else 200


@pages.get("/error/<int:status>")
def error(status: int) -> Any:
    return render_template(f"errors/{status}.html", detail="Somebody was first.", reference="7f3a"), status


@pages.get("/sw.js")
def worker() -> Response:
    """A service worker that does nothing: what is looked at here is the components."""
    return Response("", mimetype="text/javascript")


@pages.get("/stream")
def events() -> Any:
    stream = stream_of(current_app)
    stream.asked.append(request.args["topics"])
    return ("too many streams", 503) if stream.refuses else Response(stream.events(), mimetype="text/event-stream")


@pages.after_request
def guard(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = CSP
    return response


def create_gallery(shell: Shell = SHELL) -> Flask:
    """The gallery's application, in the given frame."""
    app = Gallery("gallery", template_folder=str(WEB / "templates"), static_folder=str(WEB / "static"))
    app.config.update(SECRET_KEY="gallery", WTF_CSRF_TIME_LIMIT=None)
    own = FileSystemLoader(Path(__file__).parent / "templates")
    app.jinja_loader = ChoiceLoader([own, FileSystemLoader(WEB / "templates")])
    app.extensions["gallery"] = Stream()
    CSRFProtect(app)
    install(app, shell=lambda: shell, now=lambda: NOW)
    app.register_blueprint(pages)
    return app


@contextmanager
def serve(app: Flask) -> Iterator[str]:
    """Serve on 127.0.0.1 at a free port while the block runs; gives the address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        stream_of(app).changed.set()
        server.shutdown()
        thread.join(5)
        server.server_close()
