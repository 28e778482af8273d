"""One's own page: roles, password, API tokens."""

from __future__ import annotations

from datetime import timedelta

from flask import flash, redirect, render_template
from flask.typing import ResponseReturnValue

from app.core import access, browser
from app.core.access import needs
from app.core.clock import true_now
from app.core.database import transaction
from app.core.errors import Invalid
from app.core.permissions import Permission
from app.people import queries
from app.people.forms import LanguageForm, OwnPasswordForm, TokenForm
from app.people.operations import accounts, passwords, tokens
from app.people.routes.blueprint import blueprint, by_browser
from app.sites.queries import site_codes


@blueprint.get("/me")
@needs(Permission.SELF)
def me() -> ResponseReturnValue:
    """Who I am here."""
    return _page(OwnPasswordForm.sent(), TokenForm.sent())


@blueprint.post("/me/password")
@needs(Permission.SELF)
def change_password() -> ResponseReturnValue:
    """Change my password; every other browser of mine is signed out."""
    by_browser()
    form, name = OwnPasswordForm.sent(), access.current().name
    if form.is_sent_well():
        with transaction() as session:
            found = queries.password_of(session, name)
        if not passwords.matches(found[1] if found else None, form.current.data or ""):
            form.refuse("That is not your present password.", "current")
        elif _changed(form, name):
            flash("Your password is changed. Other browsers of yours are signed out.", "ok")
            return redirect("/me", 303)
    return _page(form, TokenForm()), 422


@blueprint.post("/me/language")
@needs(Permission.SELF)
def change_language() -> ResponseReturnValue:
    """The language of my pages, from the next one on."""
    form = LanguageForm.sent()
    if not form.is_sent_well():
        raise Invalid("invalid", "That language is not one of those offered.")
    with transaction() as session:
        queries.person_named(session, access.current().name).language = form.language.data or None
    return redirect("/me", 303)


@blueprint.post("/me/tokens")
@needs(Permission.SELF)
def create_token() -> ResponseReturnValue:
    """A new token of mine, shown on this page only."""
    by_browser()
    form = TokenForm.sent()
    if not form.is_sent_well():
        return _page(OwnPasswordForm(), form), 422
    now = true_now()
    with transaction() as session:
        mine = queries.person_named(session, access.current().name)
        _, secret = tokens.create_token(
            session,
            mine,
            name=form.name.data or "",
            by=mine.name,
            now=now,
            expires_at=now + timedelta(days=form.days.data or 1),
        )
    return _page(OwnPasswordForm(), TokenForm(), secret=secret)


@blueprint.post("/me/tokens/<int:token_id>/revocation")
@needs(Permission.SELF)
def revoke_token(token_id: int) -> ResponseReturnValue:
    """Take one of my tokens back."""
    by_browser()
    with transaction() as session:
        token = queries.token_of(session, access.current().person_id, token_id)
        tokens.revoke_token(session, token, by=access.current().name, now=true_now())
    flash(f"The token “{token.name}” is revoked.", "ok")
    return redirect("/me", 303)


def _changed(form: OwnPasswordForm, name: str) -> bool:
    try:
        with transaction() as session:
            mine = queries.person_named(session, name)
            keep = browser.secret()
            accounts.set_password(session, mine, form.password.data or "", by=name, now=true_now(), keep=keep)
    except Invalid as refusal:
        form.refuse(refusal.detail, "password")
        return False
    return True


def _page(password: OwnPasswordForm, token: TokenForm, secret: str | None = None) -> str:
    with transaction() as session:
        mine = queries.person_named(session, access.current().name)
        return render_template(
            "people/me.html",
            person=mine,
            codes=site_codes(session),
            tokens=queries.tokens_of(session, mine.id),
            password_form=password,
            token_form=token,
            language_form=LanguageForm(data={"language": mine.language or ""}),
            secret=secret,
        )
