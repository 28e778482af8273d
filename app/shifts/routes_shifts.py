"""Pages of the shifts: who works when at each data center, and who is away."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.core.access import current, needs
from app.core.clock import business_now, true_now
from app.core.database import transaction
from app.core.errors import AppError
from app.core.permissions import Permission
from app.people.queries import person_named, technicians_of
from app.shifts import operations
from app.shifts.forms import AbsenceForm, ShiftForm
from app.shifts.queries import absence_at, absences_from, rosters_from
from app.shifts.queries_places import present_at, visible_places
from app.shifts.window import zone
from app.sites.models import Site
from app.sites.queries import visible_site

blueprint: Final = Blueprint("shifts", __name__, template_folder="templates")


@blueprint.get("/shifts")
@needs(Permission.SHIFTS_WRITE)
def shifts() -> ResponseReturnValue:
    """The data centers whose shifts this person plans, with who is there now."""
    now = business_now()
    with transaction() as session:
        places = visible_places(session, current(), Permission.SHIFTS_WRITE, now)
        return render_template("shifts/shifts.html", sites=places, present=present_at(session, places, now))


@blueprint.get("/shifts/<code>")
@needs(Permission.SHIFTS_WRITE)
def site(code: str) -> ResponseReturnValue:
    """Who works when at one data center, and who is away."""
    with transaction() as session:
        return _page(session, _place(session, code))


@blueprint.post("/shifts/<code>/roster")
@needs(Permission.SHIFTS_WRITE)
def put_on(code: str) -> ResponseReturnValue:
    """Say which weekly hours somebody works from a day on."""
    with transaction() as session:
        place = _place(session, code)
        form = ShiftForm.sent().offer(technicians_of(session, place.id))
        if not form.is_sent_well() or form.first_day.data is None:
            return _page(session, place, shift_form=form), 422
        person, hours, day = person_named(session, form.technician.data), form.hours.data or "", form.first_day.data
        operations.set_shift(session, person, place, hours=hours, valid_from=day, by=current().name, now=true_now())
    flash(f"{person.full_name} works {hours} at {code} from {day:%-d %b %Y} on.", "ok")
    return redirect(url_for("shifts.site", code=code), 303)


@blueprint.post("/shifts/<code>/roster/<name>/removal")
@needs(Permission.SHIFTS_WRITE)
def take_off(code: str, name: str) -> ResponseReturnValue:
    """Take somebody off the roster from today on."""
    try:
        with transaction() as session:
            place, person = _place(session, code), person_named(session, name)
            today = _today(place)
            operations.end_shift(session, person, place, first_day_off=today, by=current().name, now=true_now())
        flash(f"{person.full_name} is off the roster. What was booked with them is booked again.", "ok")
    except AppError as refusal:
        flash(refusal.detail, "critical")
    return redirect(url_for("shifts.site", code=code), 303)


@blueprint.post("/shifts/<code>/absences")
@needs(Permission.SHIFTS_WRITE)
def away(code: str) -> ResponseReturnValue:
    """Record that somebody is away."""
    with transaction() as session:
        place = _place(session, code)
        form = AbsenceForm.sent().offer([line.person for line in rosters_from(session, place, _today(place))])
        if form.is_sent_well() and form.starts.data and form.ends.data:
            if form.starts.data < form.ends.data:
                _record(session, place, form, form.starts.data, form.ends.data)
                return redirect(url_for("shifts.site", code=code), 303)
            form.refuse("It ends after it begins.", "ends")
        return _page(session, place, absence_form=form), 422


@blueprint.post("/shifts/<code>/absences/<int:absence_id>/removal")
@needs(Permission.SHIFTS_WRITE)
def back_again(code: str, absence_id: int) -> ResponseReturnValue:
    """Take an absence back."""
    with transaction() as session:
        absence = absence_at(session, _place(session, code), absence_id)
        operations.present_again(session, absence, by=current().name, now=true_now())
    return redirect(url_for("shifts.site", code=code), 303)


def _record(session: Session, place: Site, form: AbsenceForm, starts: datetime, ends: datetime) -> None:
    here = zone(place.time_zone)
    operations.absent(
        session,
        person_named(session, form.absent.data),
        starts_at=starts.replace(tzinfo=here).astimezone(UTC),
        ends_at=ends.replace(tzinfo=here).astimezone(UTC),
        why=form.reason.data or None,
        by=current().name,
        now=true_now(),
    )


def _place(session: Session, code: str) -> Site:
    return visible_site(session, current(), Permission.SHIFTS_WRITE, code)


def _today(place: Site) -> date:
    return business_now().astimezone(zone(place.time_zone)).date()


def _page(
    session: Session, place: Site, *, shift_form: ShiftForm | None = None, absence_form: AbsenceForm | None = None
) -> str:
    today = _today(place)
    lines = rosters_from(session, place, today)
    rostered = {line.person.name: line.person for line in lines}
    return render_template(
        "shifts/roster.html",
        site=place,
        lines=lines,
        absences=absences_from(session, place, business_now()),
        shift_form=shift_form or ShiftForm(data={"first_day": today}).offer(technicians_of(session, place.id)),
        absence_form=absence_form or AbsenceForm().offer(rostered.values()),
    )
