"""Pages of the data centers: hours, and the days on which they stay closed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.core.access import current, needs
from app.core.clock import business_now, true_now
from app.core.database import transaction
from app.core.errors import AppError, Invalid, NotFound
from app.core.permissions import Permission
from app.shifts.closed_days import propose
from app.shifts.forms import ClosedDayForm, NewSiteForm, SiteForm
from app.sites import operations
from app.sites.models import Site
from app.sites.queries import visible_site, visible_sites

blueprint: Final = Blueprint("sites", __name__, template_folder="templates")


@blueprint.route("/sites", methods=["GET", "POST"])
@needs(Permission.SITES_WRITE)
def sites() -> ResponseReturnValue:
    """All data centers, and a new one."""
    form = NewSiteForm.sent()
    if form.is_sent_well() and (code := _added(form)):
        return redirect(url_for("sites.site", code=code), 303)
    with transaction() as session:
        found = visible_sites(session, current(), Permission.SITES_WRITE)
        page = render_template("shifts/sites.html", sites=found, form=form)
    return page, 422 if form.errors else 200


@blueprint.route("/sites/<code>", methods=["GET", "POST"])
@needs(Permission.SITES_WRITE)
def site(code: str) -> ResponseReturnValue:
    """One data center: name, place, hours, closed days."""
    with transaction() as session:
        place = _place(session, code)
        form = SiteForm.sent(**_values(place))
        if form.is_sent_well():
            values = {field: form[field].data or None for field in operations.CHANGEABLE}
            operations.change_site(session, place, by=current().name, now=true_now(), **values)
            flash(f"{place.code} is changed. What is booked stays booked.", "ok")
            return redirect(url_for("sites.site", code=code), 303)
        return _page(place, form, ClosedDayForm()), 422 if form.errors else 200


@blueprint.post("/sites/<code>/closed-days")
@needs(Permission.SITES_WRITE)
def close_day(code: str) -> ResponseReturnValue:
    """Close a day, one that was proposed or any other."""
    with transaction() as session:
        place, form = _place(session, code), ClosedDayForm.sent()
        if not form.is_sent_well():
            return _page(place, SiteForm(data=_values(place)), form), 422
        assert form.day.data is not None
        day, reason = form.day.data, form.reason.data
        operations.close_day(session, place, day, by=current().name, now=true_now(), name=reason)
    return redirect(url_for("sites.site", code=code), 303)


@blueprint.post("/sites/<code>/closed-days/<day>/removal")
@needs(Permission.SITES_WRITE)
def open_day(code: str, day: str) -> ResponseReturnValue:
    """Take a closed or proposed day away."""
    return _act(
        code, lambda session, place: operations.open_day(session, place, _day(day), by=current().name, now=true_now())
    )


@blueprint.post("/sites/<code>/proposals")
@needs(Permission.SITES_WRITE)
def propose_days(code: str) -> ResponseReturnValue:
    """Propose the public holidays of this year and the next."""

    def act(session: Session, place: Site) -> None:
        if place.country is None:
            raise Invalid("invalid", "Enter the country first: its holidays are proposed.")
        year = business_now().year
        for day in (
            *propose(place.country, place.subdivision, year),
            *propose(place.country, place.subdivision, year + 1),
        ):
            operations.propose_closed_day(session, place, day=day.date, name=day.name, source="holidays")

    return _act(code, act)


def _act(code: str, act: Callable[[Session, Site], None]) -> ResponseReturnValue:
    try:
        with transaction() as session:
            act(session, _place(session, code))
    except Invalid as refusal:
        flash(refusal.detail, "critical")
    return redirect(url_for("sites.site", code=code), 303)


def _added(form: NewSiteForm) -> str | None:
    try:
        with transaction() as session:
            added = operations.add_site(
                session,
                code=form.code.data or "",
                name=form.name.data or "",
                time_zone=form.time_zone.data or "",
                hours=form.hours.data or "",
                country=form.country.data or None,
                subdivision=form.subdivision.data or None,
                by=current().name,
                now=true_now(),
            )
    except AppError as refusal:
        form.refuse(refusal.detail, refusal.errors[0].field if refusal.errors else "code")
        return None
    return added.code


def _place(session: Session, code: str) -> Site:
    return visible_site(session, current(), Permission.SITES_WRITE, code)


def _page(place: Site, form: SiteForm, day_form: ClosedDayForm) -> str:
    days = sorted(place.closed_days, key=lambda closed: closed.day)
    today = business_now().date()
    coming = [closed for closed in days if closed.day >= today]
    return render_template("shifts/site.html", site=place, days=coming, form=form, day_form=day_form)


def _values(place: Site) -> dict[str, str | None]:
    return {field: getattr(place, field) for field in operations.CHANGEABLE}


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise NotFound("not_found", "That is no day.") from error
