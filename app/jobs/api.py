"""The API of the work: offers, escalations, orders and their verbs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from apiflask import APIBlueprint, Schema
from flask import Response, current_app, jsonify, make_response, request
from flask.typing import ResponseReturnValue
from marshmallow import fields, validate

from app.core import events
from app.core.access import current, needs
from app.core.clock import business_now
from app.core.database import db, transaction
from app.core.errors import Conflict, Invalid
from app.core.idempotency import idempotent
from app.core.permissions import Permission
from app.hardware.queries import asset_for
from app.jobs import photos, queries
from app.jobs.export import export_of
from app.jobs.forms import AnswerSchema, EscalationSchema, Moment, read, read_verb
from app.jobs.kinds import KINDS, kind_named
from app.jobs.models import WorkOrder
from app.jobs.operations import referrals as answering
from app.jobs.operations.disk_guard import look_again
from app.jobs.operations.escalate import escalate, may_read_queue
from app.jobs.operations.offers import make_offer
from app.jobs.operations.perform import perform
from app.jobs.operations.power_left import asks_anew
from app.jobs.operations.procedures import all_published
from app.jobs.operations.stopping import stopped_now
from app.jobs.outward import escalated_form, offer_form, order_form, referral_form
from app.jobs.queries_conflicts import conflict_form, conflicts_of
from app.jobs.queries_machine import diagnoses_for
from app.jobs.states import OrderState, Verb
from app.jobs.teams import Priority

api = APIBlueprint("jobs_api", __name__, url_prefix="/api/v1", tag="Work orders")

VERBS = ", ".join(str(verb) for verb in Verb)
STOPPABLE = frozenset({Verb.MATCH, Verb.START, Verb.STEP, Verb.SHUTDOWN, Verb.COMPLETION})


class OfferQuery(Schema):
    """What is asked of an offer; every other argument is an answer to one of the kind's questions."""

    asset = fields.String(required=True, validate=validate.Length(max=200))
    job_kind = fields.String(required=True, validate=validate.Length(max=200))
    priority = fields.String(load_default=Priority.NORMAL.value, validate=validate.OneOf([str(p) for p in Priority]))
    not_before = Moment(load_default=None)


class OrdersQuery(Schema):
    """Filters of the list of orders."""

    state = fields.String(validate=validate.OneOf([str(s) for s in OrderState]))
    site = fields.String(validate=validate.Length(max=200))
    asset = fields.String(validate=validate.Length(max=200))
    technician = fields.String(validate=validate.Length(max=200))
    ticket = fields.String(validate=validate.Length(max=200))
    cursor = fields.Integer(validate=validate.Range(min=1, max=2**62))
    limit = fields.Integer(load_default=50, validate=validate.Range(min=1, max=200))


@api.get("/job-kinds")
@needs(Permission.ORDERS_READ)
def job_kinds() -> Response:
    """The kinds of job there are, as long as their published procedures make them."""
    known = all_published(db.session())
    items = [{**kind.form(), "minutes": known[kind.name].minutes(kind, {})} for kind in KINDS.values()]
    return jsonify({"items": items, "next": None})


@api.get("/offers")
@needs(Permission.ORDERS_CREATE)
@api.input(OfferQuery, location="query", arg_name="asked")
def offers(asked: dict[str, Any]) -> Response:
    """The promise before anyone submits; nothing is booked."""
    answers = {name: value for name, value in request.args.items() if name not in OfferQuery().fields}
    asset = asset_for(db.session(), current(), asked["asset"], Permission.ASSETS_READ)
    offer = make_offer(
        db.session(), asset, kind_named(asked["job_kind"]), answers, now=business_now(), not_before=asked["not_before"]
    )
    return jsonify(offer_form(offer, asset))


@api.post("/escalations")
@needs(Permission.ORDERS_CREATE)
@idempotent
@api.doc(summary="Escalate a ticket: a work order, a referral, or a word that it stays with Level 1")
def escalations() -> ResponseReturnValue:
    """Escalate; the same ticket, machine and kind while that order is open gives the same order (200)."""
    body = read(EscalationSchema, request.get_json())
    with transaction() as session:
        escalated = escalate(session, current(), body, now=business_now())
        form = escalated_form(session, escalated, current())
    return jsonify(form), 201 if escalated.created else 200


@api.get("/work-orders")
@needs(Permission.ORDERS_READ)
@api.input(OrdersQuery, location="query", arg_name="asked")
def work_orders(asked: dict[str, Any]) -> Response:
    """Orders newest first."""
    after, limit = asked.pop("cursor", None), asked.pop("limit")
    found = queries.orders(db.session(), current(), **asked, after_id=after, limit=limit + 1)
    newest = queries.latest_diagnostics(db.session(), {order.asset_id for order in found})
    signed = diagnoses_for(db.session(), found)
    items = [
        order_form(order, current(), latest=newest.get(order.asset_id), diagnosis=signed.get(order.id))
        for order in found[:limit]
    ]
    return jsonify({"items": items, "next": str(found[limit - 1].id) if len(found) > limit else None})


@api.get("/work-orders/<number>")
@needs(Permission.ORDERS_READ)
def work_order(number: str) -> Response:
    """One order, with its version as ETag."""
    return _answer(queries.order_numbered(db.session(), current(), number))


@api.get("/work-orders/<number>/events")
@needs(Permission.ORDERS_READ)
def work_order_events(number: str) -> Response:
    """The record of one order: a hash chain, oldest first."""
    order = queries.order_numbered(db.session(), current(), number)
    return jsonify({"items": [event.form() for event in events.history(db.session(), order.number)], "next": None})


@api.get("/work-orders/<number>/conflicts")
@needs(Permission.ORDERS_READ)
def work_order_conflicts(number: str) -> Response:
    """Steps that two people did: both versions, and what was chosen; those that wait first."""
    order = queries.order_numbered(db.session(), current(), number)
    return jsonify({"items": [conflict_form(one) for one in conflicts_of(db.session(), order)], "next": None})


@api.get("/work-orders/<number>/export")
@needs(Permission.ORDERS_READ)
def work_order_export(number: str) -> Response:
    """The order with its record, signed: a file for `rackside verify`."""
    order = queries.order_numbered(db.session(), current(), number)
    return jsonify(export_of(db.session(), order, current(), current_app.config["RACKSIDE"].instance))


@api.post("/work-orders/<number>/photos")
@needs(Permission.ORDERS_ACT)
@idempotent
def work_order_photo(number: str) -> ResponseReturnValue:
    """Keep a picture with an order: the body is the image itself."""
    with transaction() as session:
        order = queries.order_numbered(session, current(), number)
        step = _step(order, request.args.get("step"))
        kept = photos.keep(session, order, request.get_data(), by=current().name, step_key=step, now=business_now())
    return jsonify({"id": str(kept.id), "sha256": kept.sha256}), 201


@api.get("/work-orders/<number>/photos/<uuid:photo_id>")
@needs(Permission.ORDERS_READ)
def work_order_photo_image(number: str, photo_id: UUID) -> Response:
    """The picture itself, as it was re-encoded here."""
    order = queries.order_numbered(db.session(), current(), number)
    kept = queries.photo(db.session(), order, photo_id)
    return Response(kept.image, mimetype=kept.media_type, headers={"Cache-Control": "private, max-age=86400"})


@api.post("/work-orders/<number>/<verb>")
@needs(Permission.ORDERS_ACT)
@idempotent
@api.doc(summary="Do one verb to an order", description=f"Verbs: {VERBS}. Bodies and refusals: docs/api.md.")
def act(number: str, verb: str) -> ResponseReturnValue:
    """Do one verb; answers with the order as it is then."""
    named = _verb(verb)
    body = read_verb(named, request.get_json() if request.get_data() else {})
    try:
        return _acted(number, named, body)
    except Conflict as refusal:
        if asks_anew(refusal, named):
            with transaction() as session:
                order = queries.order_numbered(session, current(), number)
                look_again(session, order, by=current().name, now=business_now())
        raise


def _acted(number: str, named: Verb, body: dict[str, Any]) -> ResponseReturnValue:
    with transaction() as session:
        order = perform(
            session, current(), number, named, body, now=business_now(), silence=_silence(), version=_if_match()
        )
        stopped = _stopped(order) if named in STOPPABLE else None
        answer = _answer(order)
    return stopped or answer


@api.get("/referrals")
@needs(Permission.REFERRALS_ACT)
def referrals() -> Response:
    """Open referrals of the caller's teams, calls from the rack first."""
    found = queries.referrals_open(db.session(), current(), may_read_queue(current()))
    return jsonify({"items": [referral_form(one) for one in found], "next": None})


@api.post("/referrals/<number>/take")
@needs(Permission.REFERRALS_ACT)
@idempotent
@api.doc(summary="Say that one is on it")
def referral_take(number: str) -> ResponseReturnValue:
    """Take a referral of one's team; 409 `wrong_state` when somebody was first."""
    with transaction() as session:
        found = queries.referral_numbered(session, current(), number, may_read_queue(current()))
        answering.take(session, current(), found, now=business_now())
        return jsonify(referral_form(found))


@api.post("/referrals/<number>/answer")
@needs(Permission.REFERRALS_ACT)
@idempotent
@api.doc(
    summary="Answer a referral", description='`{"text"}`: the customer reads it, unless the call came from the rack'
)
def referral_answer(number: str) -> ResponseReturnValue:
    """Answer a referral of one's team; 409 `wrong_state` when it is answered already."""
    body = read(AnswerSchema, request.get_json())
    with transaction() as session:
        found = queries.referral_numbered(session, current(), number, may_read_queue(current()))
        answering.answer(session, current(), found, body["text"], now=business_now())
        return jsonify(referral_form(found))


def _verb(name: str) -> Verb:
    if name not in set(Verb):
        raise Invalid("unknown_verb", f"There is no verb {name!r}. There are: {VERBS}.")
    return Verb(name)


def _step(order: WorkOrder, key: str | None) -> str | None:
    if key is not None and key not in {step.key for step in order.steps}:
        raise Invalid("unknown_step", f"There is no step {key!r} in this order.")
    return key


def _stopped(order: WorkOrder) -> Response | None:
    """A stop is recorded (so nothing may be undone) and answered as a refusal."""
    stop = stopped_now(order)
    if stop is None:
        return None
    refusal = Conflict(stop["code"], f"STOP: {' '.join(stop['why'])} {stop['advice']}")
    return make_response(current_app.handle_user_exception(refusal))


def _form(order: WorkOrder) -> dict[str, Any]:
    newest = queries.latest_diagnostics(db.session(), {order.asset_id})
    signed = diagnoses_for(db.session(), [order])
    return order_form(order, current(), latest=newest.get(order.asset_id), diagnosis=signed.get(order.id))


def _answer(order: WorkOrder) -> Response:
    response = jsonify(_form(order))
    response.set_etag(str(order.version))
    return response


def _if_match() -> int | None:
    tags = request.if_match
    if not tags or tags.star_tag:
        return None
    text = next(iter(tags.as_set()), "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _silence() -> timedelta:
    silence: timedelta = current_app.config["RACKSIDE"].confirmation_silence
    return silence
