"""The steps of the procedure: each with its evidence, the destructive ones behind their guards."""

from __future__ import annotations

from typing import Any

from app.core.errors import Conflict, FieldError, Invalid
from app.jobs.kind import Evidence
from app.jobs.models import Step
from app.jobs.operations.act import Act, flag
from app.jobs.operations.check import expected_machine
from app.jobs.operations.conflicts import is_done_by_other, open_conflict
from app.jobs.operations.disk_guard import check_installed, check_pull, check_removed, guards_disks
from app.jobs.operations.done_work import is_done_work
from app.jobs.operations.power_guard import check_off
from app.jobs.operations.procedures import reserved_minutes
from app.jobs.procedure import last_no_return, seconds_late
from app.jobs.rules import MatchProof
from app.jobs.stops import Stopped, contradictions, is_stale, stale_check, untold_typing, wrong_machine
from app.shifts.window import local_text, opening_at


def step(act: Act, body: dict[str, Any]) -> None:
    """One step done, with the evidence that it asks for."""
    found = next((s for s in act.order.steps if s.key == body["id"]), None)
    if found is None:
        known = ", ".join(s.key for s in act.order.steps)
        raise Invalid("unknown_step", f"There is no step {body['id']!r}. There are: {known}.")
    if act.person_id != act.order.holder_id and found.evidence != Evidence.SECOND_PERSON:
        raise Conflict("not_holder", "A second person only confirms; the holder does the other steps.")
    _check_evidence(act, found, body["evidence"])
    if found.destructive:
        check_colleagues(act, found)
        check_machine_again(act, body["evidence"])
        if guards_disks(act.order):
            check_pull(act, body["evidence"])
        judge_no_return(act, found, body["evidence"])
    proof = check_off(act, body["evidence"]) if found.must_be_off else {}
    given = _storable(body["evidence"])
    detail = {"step": found.key, "evidence": given, "procedure_version": act.order.procedure_version}
    detail |= {"power": proof} if proof else {}
    act.order.stop = None
    if is_done_by_other(act, found):
        act.stay(detail={**detail, "conflict": open_conflict(act, found, given).id})
        return
    late_s = judge_timer(act, found)
    found.done_at, found.done_by, found.given = act.at, act.by, given
    act.stay(detail={**detail, **({"late_s": late_s} if late_s else {})})


def judge_no_return(act: Act, step: Step, evidence: dict[str, Any]) -> None:
    """Past the last moment for what cannot be undone: a person looks at it, with the reason that was given."""
    opening = opening_at(act.calendar, act.at)
    last = last_no_return(reserved_minutes(act.order), opening.ends_at if opening else None)
    if last is None or act.at > last:
        local = local_text(last, act.order.site.time_zone)[11:16] if last else "closing"
        why = str(evidence.get("overtime") or "no reason was given")
        flag(act.order, f"Point of no return after {local}, the last moment for it: {step.title}. Why: {why}")


def judge_timer(act: Act, step: Step) -> int:
    """By how many seconds a step with a timer came too late; flagged, never refused: the hands were faster to act."""
    before = next((s.done_at for s in reversed(act.order.steps) if s.position < step.position and s.done_at), None)
    late_s = seconds_late(step.within_s, before, act.at)
    if late_s:
        flag(act.order, f"{step.title}: took {late_s} s longer than the {step.within_s} s that the machine allows.")
    return late_s


def check_colleagues(act: Act, wanted: Step) -> None:
    """What a second person has to confirm comes before what cannot be undone."""
    for step in act.order.steps:
        if step.position < wanted.position and step.done_at is None and step.evidence == Evidence.SECOND_PERSON:
            raise Conflict("not_verified", f"First: {step.title}. They confirm on their own sign-in.")


def check_machine_again(act: Act, evidence: dict[str, Any]) -> None:
    """Hands touch only what was checked in the last 15 minutes: rack and tag, scanned again, renew the check.

    Raises Stopped when the check is old or the scans contradict the order.
    """
    order = act.order
    rack, tag = evidence.get("rack"), evidence.get("tag")
    proof = MatchProof(str(rack) if rack else None, str(tag) if tag else None, None, None)
    expected = expected_machine(order)
    if wrong := contradictions(proof, expected):
        raise Stopped(wrong_machine(wrong))
    if proof.tag and (proof.rack or expected.rack is None):
        order.matched_at = act.at
    if is_stale(order.matched_at, act.at):
        raise Stopped(stale_check(order.matched_at, act.at))


def _check_evidence(act: Act, wanted: Step, given: dict[str, Any]) -> None:
    kind = Evidence(wanted.evidence)
    field = {Evidence.SCAN: "code", Evidence.PHOTO: "photo", Evidence.READING: "value", Evidence.SERIAL: "serial"}
    name = field.get(kind)
    if name is not None and not str(given.get(name) or "").strip():
        raise Invalid(
            "invalid",
            f"This step is proved by a {kind}: send {name!r}.",
            [FieldError(f"evidence.{name}", "required", f"A {kind} proves this step.")],
        )
    if untold_typing({"entry": given.get("entry")}, given.get("typed_why")) and not is_done_work(act):
        raise Invalid(
            "invalid",
            "Say why you typed it instead of scanning it.",
            [FieldError("evidence.typed_why", "required", "Say why you typed it.")],
        )
    if kind == Evidence.SECOND_PERSON and (act.person_id == act.order.holder_id or given.get("confirm") is not True):
        raise Conflict("not_verified", "A second person confirms this step on their own sign-in.")
    if kind == Evidence.SERIAL and wanted.key == "new_serial":
        check_installed(act, str(given["serial"]))
    if kind == Evidence.SERIAL and wanted.key == "old_serial" and guards_disks(act.order):
        check_removed(act, str(given["serial"]))


def _storable(evidence: dict[str, Any]) -> dict[str, Any]:
    return {
        key: value if isinstance(value, bool | int | float | str) else str(value) for key, value in evidence.items()
    }
