"""Is it the right machine? The server check, and what stands there instead."""

from __future__ import annotations

from typing import Any

from app.core.clock import utc_text
from app.core.errors import Conflict, FieldError, Invalid
from app.jobs.models import WorkOrder
from app.jobs.operations.act import Act
from app.jobs.operations.proof import take_newer_before
from app.jobs.operations.stopping import record_stop
from app.jobs.rules import Expected, MatchProof, device_serial, needs_second_person, proves_itself
from app.jobs.states import OrderState
from app.jobs.stops import contradictions, untold_typing, wrong_machine

ASKED = {
    "rack": "Scan the rack's label.",
    "tag": "Scan the server's tag.",
    "light": "Say whether its ID LED blinks.",
    "face": "Say at which side you stand.",
}


def match(act: Act, body: dict[str, Any]) -> None:
    """Is it the right machine? A contradiction is recorded and leaves the order unmatched.

    A wrong rack or tag is a stop at once, also before the rest was looked at. Where the machine itself is silent, the
    serial of the pull-out tag is read by two people: the holder first, then another person on their own sign-in.
    Whoever renders this looks at `order.stop` and `order.matched_at`.
    """
    order = act.order
    take_newer_before(act)
    proof = MatchProof(body.get("rack"), body.get("tag"), body.get("light"), body.get("face"), body.get("serial"))
    expected = expected_machine(order)
    wrong = contradictions(proof, expected)
    pending = order.match if order.match and order.match.get("pending") else None
    second = pending is not None and pending["by"] != act.by
    if not second and order.holder_id != act.person_id:
        raise Conflict(
            "not_holder", "Only who holds the order does the server check; nobody waits for a second person."
        )
    seen = {"rack": proof.rack, "tag": proof.tag, "light": proof.light, "face": proof.face, "serial": proof.serial}
    told = {name: body[name] for name in ("entry", "typed_why") if body.get(name)}
    if wrong:
        order.matched_at = None
        sentences = [one.sentence for one in wrong]
        order.match = {"by": act.by, "at": utc_text(act.at), "seen": seen, **told, "wrong": sentences, "pending": False}
        record_stop(act, wrong_machine(wrong), to=OrderState.CLAIMED, seen={**seen, **told})
        return
    _check_complete(body)
    if not proves_itself(proof, expected):
        raise Conflict("not_matched", "No proof yet: read the serial on the pull-out tag and send it with the check.")
    waits = (needs_second_person(expected) or proof.light != "seen") and not second
    order.match = {"by": act.by, "at": utc_text(act.at), "seen": seen, **told, "wrong": [], "pending": waits}
    if second and pending is not None:
        order.match = {**order.match, "by": pending["by"], "second": act.by}
    order.matched_at = None if waits else act.at
    order.stop = None
    to = OrderState.CLAIMED if waits else OrderState.MATCHED
    act.leave(to, detail={"seen": seen, **told, "pending": waits})


def _check_complete(body: dict[str, Any]) -> None:
    """A check that contradicts nothing counts only when everything was looked at; typed codes need a reason."""
    wrong = [FieldError(name, "required", sentence) for name, sentence in ASKED.items() if not body.get(name)]
    if untold_typing(body.get("entry") or {}, body.get("typed_why")):
        wrong.append(FieldError("typed_why", "required", "Say why you typed it instead of scanning it."))
    if wrong:
        raise Invalid("invalid", "The server check is not complete.", wrong)


def expected_machine(order: WorkOrder) -> Expected:
    """What the record and the machine itself say that this order's machine is."""
    asset = order.asset
    rack = asset.rack.name if asset.rack else None
    return Expected(rack, asset.tag, asset.face, asset.serial, device_serial(order.before_document))


def discrepancy(act: Act, body: dict[str, Any]) -> None:
    """Something else stands there: all stops until a second person says that the record is right again."""
    order = act.order
    reported = order.discrepancy
    if reported and reported["by"] != act.by:
        order.discrepancy = None
        act.stay(why=body["found"], detail={"corrected": True})
        return
    order.discrepancy = {"by": act.by, "at": utc_text(act.at), "found": body["found"]}
    order.matched_at = None
    to = OrderState.CLAIMED if order.state == OrderState.MATCHED else OrderState(order.state)
    act.leave(to, why=body["found"], detail={"photo": str(body["photo"]) if body.get("photo") else None})
