"""Messages to customers: their wordings in each language, edited by managers and administrators."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.access import current, needs
from app.core.clock import true_now
from app.core.database import transaction
from app.core.errors import AppError
from app.core.language import Language, known
from app.core.permissions import Permission
from app.jobs.forms_wording import WordingForm
from app.jobs.messages import MESSAGES, SHIPPED, Texts, fields_of
from app.jobs.operations import wordings

blueprint: Final = Blueprint("wordings", "app.jobs", template_folder="templates")


@blueprint.get("/messages")
@needs(Permission.MESSAGES_WRITE)
def overview() -> ResponseReturnValue:
    """Every message, when it is sent, and which of its wordings were edited."""
    with transaction() as session:
        edited = wordings.edited(session)
    return render_template("jobs/messages.html", messages=MESSAGES, languages=list(Language), edited=edited)


@blueprint.route("/messages/<name>/<tag>", methods=["GET", "POST"])
@needs(Permission.MESSAGES_WRITE)
def edit(name: str, tag: str) -> ResponseReturnValue:
    """One message in one language: look at it with example values, publish the next version."""
    language = known(tag)
    if name not in MESSAGES or language is None:
        abort(404)
    if request.method == "GET":
        return _page(name, language, _from_version(name, language, request.args.get("version", type=int)))
    form, act = WordingForm.sent(), request.form.get("act")
    if act == "shipped":
        done = _published(name, language, form, None)
    else:
        done = form.is_sent_well() and act != "preview" and _published(name, language, form, form.texts())
    if done:
        return redirect(url_for("wordings.edit", name=name, tag=tag), 303)
    return _page(name, language, form), 422 if form.errors or act != "preview" else 200


def _from_version(name: str, language: Language, version: int | None) -> WordingForm:
    """The form filled with that version; published from here it becomes the next one."""
    with transaction() as session:
        newest = wordings.newest(session, name, language)
        seen = str(newest.version if newest else 1)
        rows = {row.version: row for row in wordings.versions(session, name, language)}
        row = rows.get(version) if version else newest
    public, internal = SHIPPED[name, language].texts()
    if row is not None and row.public is not None and row.internal is not None:
        public, internal = row.public, row.internal
    return WordingForm(data={"seen": seen, "public": public, "internal": internal})


def _published(name: str, language: Language, form: WordingForm, texts: tuple[str, str] | None) -> bool:
    seen, why = form.seen.data or "", (form.why.data or "").strip()
    if not why:
        form.refuse("Say why: it goes on record.", "why")
        return False
    try:
        with transaction() as session:
            row = wordings.publish(
                session, name, language, texts, seen=int(seen) if seen.isdecimal() else 0, why=why,
                by=current().name, now=true_now(),
            )  # fmt: skip
    except AppError as refusal:
        form.refuse(refusal.detail)
        return False
    flash(f"Version {row.version} counts from now on.", "ok")
    return True


def _preview(name: str, language: Language, form: WordingForm) -> Texts | None:
    """What would go out with example values; None, said in the form, where it could not."""
    try:
        return wordings.preview(name, language, form.texts())
    except AppError as refusal:
        if refusal.detail not in form.form_errors:
            form.refuse(refusal.detail)
        return None


def _page(name: str, language: Language, form: WordingForm) -> str:
    shown = _preview(name, language, form)
    with transaction() as session:
        return render_template(
            "jobs/message.html",
            name=name,
            title=MESSAGES[name],
            language=language,
            languages=list(Language),
            form=form,
            preview=shown,
            fields=sorted(fields_of(name)),
            current=wordings.in_force(session, name, language),
            versions=wordings.versions(session, name, language),
        )
