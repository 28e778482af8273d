"""Signing in and out."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from flask import g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.core import access, browser
from app.core.access import needs
from app.core.clock import true_now
from app.core.database import transaction
from app.core.permissions import Permission
from app.people import queries
from app.people.forms import SignInForm
from app.people.operations import passwords, sessions
from app.people.routes.blueprint import blueprint

log = logging.getLogger(__name__)


@blueprint.route("/sign-in", methods=["GET", "POST"])
@needs(Permission.PUBLIC)
def sign_in() -> ResponseReturnValue:
    """Ask for name and password; no connection is held while the password is worked on."""
    form = SignInForm.sent(next=request.args.get("next", ""))
    if form.is_sent_well():
        if _opened((form.name.data or "").strip().lower(), form.password.data or ""):
            return redirect(local(form.next.data), 303)
        form.refuse("Name and password do not belong together.", "password")
    elif request.method == "GET" and g.principal is not None:
        return redirect(local(form.next.data), 303)
    return render_template("people/sign_in.html", form=form), 422 if form.errors else 200


@blueprint.post("/sign-out")
@needs(Permission.PUBLIC)
def sign_out() -> ResponseReturnValue:
    """End this browser's session."""
    if secret := browser.secret():
        with transaction() as session:
            sessions.sign_out(session, secret)
    browser.forget()
    return redirect("/sign-in", 303)


@blueprint.get("/session")
@needs(Permission.SELF)
def who_am_i() -> ResponseReturnValue:
    """Who is signed in, and the token that this browser's next change must carry (for pages kept offline)."""
    principal = access.current()
    return {"name": principal.name, "full_name": principal.full_name, "csrf_token": browser.csrf_token()}


def local(target: str | None) -> str:
    """`target` if it is an address of ours, else the start page: nobody is sent elsewhere by a link to us."""
    target = target or "/"
    parts = urlsplit(target)
    is_ours = target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return target if is_ours and target.isprintable() else "/"


def _opened(name: str, password: str) -> bool:
    now = true_now()
    with transaction() as session:
        counted = sessions.attempt(session, name=name, address=request.remote_addr, now=now)
        found = queries.password_of(session, name)
    if not passwords.matches(found[1] if found else None, password) or found is None:
        log.info("sign-in refused from %s", request.remote_addr)
        return False
    before = browser.secret()
    with transaction() as session:
        sessions.sign_in(session, counted, person_id=found[0], secret=browser.renew(), replaces=before, now=now)
    return True
