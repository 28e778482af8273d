"""Administration of people: who there is, what they hold, who is shut out."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.core import access
from app.core.access import needs
from app.core.clock import true_now
from app.core.database import transaction
from app.core.errors import AppError, Conflict, Invalid
from app.core.permissions import Permission, Role
from app.people import queries
from app.people.forms import EVERYWHERE, NewPasswordForm, PersonForm, PhoneForm, RoleForm
from app.people.models import Person
from app.people.operations import accounts
from app.people.routes.blueprint import blueprint, by_browser
from app.sites.models import Site
from app.sites.queries import all_sites, site_coded, site_codes

A_PAGE = 50


@blueprint.route("/people", methods=["GET", "POST"])
@needs(Permission.PEOPLE_WRITE)
def people() -> ResponseReturnValue:
    """Everybody by name, and somebody new."""
    form = PersonForm.sent()
    if form.is_sent_well() and (name := _added(form)):
        flash("Added. Now give them a role.", "ok")
        return redirect(url_for("people.person", name=name), 303)
    with transaction() as session:
        found = queries.everybody(session, after=request.args.get("after", "")[:64], limit=A_PAGE + 1)
        page = render_template(
            "people/people.html", people=found[:A_PAGE], more=len(found) > A_PAGE, codes=site_codes(session), form=form
        )
    return page, 422 if form.errors else 200


@blueprint.get("/people/<name>")
@needs(Permission.PEOPLE_WRITE)
def person(name: str) -> ResponseReturnValue:
    """One person: roles, password, in or out."""
    return _page(name, NewPasswordForm())


@blueprint.post("/people/<name>/roles")
@needs(Permission.PEOPLE_WRITE)
def grant(name: str) -> ResponseReturnValue:
    """Give a role."""
    return _with_role(name, accounts.grant)


@blueprint.post("/people/<name>/roles/revocation")
@needs(Permission.PEOPLE_WRITE)
def revoke(name: str) -> ResponseReturnValue:
    """Take a role back."""
    return _with_role(name, accounts.revoke)


@blueprint.post("/people/<name>/password")
@needs(Permission.PEOPLE_WRITE)
def set_password(name: str) -> ResponseReturnValue:
    """Set a password; the person is signed out everywhere."""
    by_browser()
    form = NewPasswordForm.sent()
    if form.is_sent_well():
        try:
            with transaction() as session:
                found = queries.person_named(session, name)
                accounts.set_password(session, found, form.password.data or "", by=_by(), now=true_now())
        except Invalid as refusal:
            form.refuse(refusal.detail, "password")
        else:
            flash("The password is set, and every session of theirs has ended.", "ok")
            return _back(name)
    return _page(name, form), 422


@blueprint.post("/people/<name>/phone")
@needs(Permission.PEOPLE_WRITE)
def set_phone(name: str) -> ResponseReturnValue:
    """Say under which number they are reached from a rack."""
    number = (PhoneForm.sent().phone.data or "").strip() or None
    return _act(name, lambda session, found: accounts.set_phone(session, found, number, by=_by(), now=true_now()))


@blueprint.post("/people/<name>/deactivation")
@needs(Permission.PEOPLE_WRITE)
def deactivate(name: str) -> ResponseReturnValue:
    """Shut somebody out at once."""
    return _act(name, lambda session, found: accounts.deactivate(session, found, by=_by(), now=true_now()))


@blueprint.post("/people/<name>/activation")
@needs(Permission.PEOPLE_WRITE)
def activate(name: str) -> ResponseReturnValue:
    """Let somebody back in."""
    return _act(name, lambda session, found: accounts.activate(session, found, by=_by(), now=true_now()))


def _with_role(name: str, act: Callable[..., object]) -> ResponseReturnValue:
    def apply(session: Session, found: Person) -> None:
        form = RoleForm.sent().offer(all_sites(session))
        if not form.validate():
            raise Invalid("invalid", "That is no role at a site.")
        site: Site | None = None if form.site.data == EVERYWHERE else site_coded(session, form.site.data)
        act(session, found, Role(form.role.data), site, by=_by(), now=true_now())

    return _act(name, apply)


def _act(name: str, act: Callable[[Session, Person], None]) -> ResponseReturnValue:
    """One operation on one person, then back to their page; what it refuses stands there."""
    by_browser()
    try:
        with transaction() as session:
            act(session, queries.person_named(session, name))
    except (Conflict, Invalid) as refusal:
        flash(refusal.detail, "critical")
    return _back(name)


def _added(form: PersonForm) -> str | None:
    by_browser()
    name = (form.name.data or "").strip().lower()
    try:
        with transaction() as session:
            accounts.add_person(
                session,
                name=name,
                full_name=form.full_name.data or "",
                password=form.password.data or None,
                by=_by(),
                now=true_now(),
            )
    except AppError as refusal:
        form.refuse(refusal.detail, refusal.errors[0].field if refusal.errors else "name")
        return None
    return name


def _page(name: str, password: NewPasswordForm) -> str:
    with transaction() as session:
        found = queries.person_named(session, name)
        return render_template(
            "people/person.html",
            person=found,
            phone_form=PhoneForm(data={"phone": found.phone}),
            codes=site_codes(session),
            role_form=RoleForm().offer(all_sites(session)),
            password_form=password,
        )


def _by() -> str:
    return access.current().name


def _back(name: str) -> ResponseReturnValue:
    return redirect(url_for("people.person", name=name), 303)
