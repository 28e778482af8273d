"""What a person at the rack is shown of an order: the one verb, what is safe, what was checked. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.jobs.kind import Evidence, Kind
from app.jobs.rules import device_serial, same_code
from app.jobs.states import Verb
from app.parts.states import SpareState

Document = Mapping[str, Any]


class Main(StrEnum):
    """The one thing to do now on an order's page."""

    CLAIM = "claim"
    CHECK = "check"
    WAIT_MATCH = "wait_match"
    START = "start"
    STEP = "step"
    WAIT_STEP = "wait_step"
    COMPLETE = "complete"
    CORRECT = "correct"
    PART = "part"
    LOOK = "look"


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of "is it safe": a mark's state, what, the word, and a note."""

    state: str
    what: str
    word: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """One proof of the server check: done, now, todo, failed or unknown."""

    title: str
    state: str
    note: str | None = None
    at: str | None = None


def job_title(kind: Kind, target: str | None) -> str:
    """What is to be done to which part: `Disk swap, bay 3`."""
    if not target or kind.target_question is None:
        return kind.title
    part = "PSU" if kind.target_question == "psu" else kind.target_question
    return f"{kind.title}, {target}" if part.casefold() in target.casefold() else f"{kind.title}, {part} {target}"


def main_verb(
    verbs: Collection[Verb],
    *,
    is_holder: bool,
    pending_match: bool,
    discrepancy: bool,
    start_refusal: str | None,
    next_evidence: str | None,
) -> Main:
    """The one verb of the page for who looks at it; LOOK when nothing is theirs to do now.

    `start_refusal` is the code with which start would be refused, `next_evidence` what the first open step asks for
    (None: every step is done).
    """
    if Verb.CLAIM in verbs:
        return Main.CLAIM
    if discrepancy and not is_holder and Verb.DISCREPANCY in verbs:
        return Main.CORRECT
    if Verb.START in verbs:
        return Main.CHECK if start_refusal == "not_matched" else Main.START
    if Verb.MATCH in verbs:
        return Main.WAIT_MATCH if pending_match and is_holder else Main.CHECK
    if Verb.STEP in verbs:
        return _step_verb(is_holder=is_holder, next_evidence=next_evidence)
    return Main.PART if Verb.PART in verbs else Main.LOOK


def _step_verb(*, is_holder: bool, next_evidence: str | None) -> Main:
    for_second = next_evidence == Evidence.SECOND_PERSON
    if is_holder and next_evidence is None:
        return Main.COMPLETE
    if is_holder:
        return Main.WAIT_STEP if for_second else Main.STEP
    return Main.STEP if for_second else Main.LOOK


def safety(document: Document | None, kind: Kind, *, consent_needed: bool) -> list[Fact]:
    """Is it safe to touch: power, redundancy, the customer's word. What nobody could read is unknown, never fine."""
    components = (document or {}).get("components", [])
    facts = [_power(document or {}, kind), _supplies(components)]
    if {"drive", "raid_volume"} & set(kind.finding_kinds):
        facts.append(_array(components))
    return [*facts, _consent(kind, consent_needed=consent_needed)]


def _power(document: Document, kind: Kind) -> Fact:
    power = document.get("power") or {}
    hot = kind.power == "on"
    note = "hot: stays on" if hot else "cold: must be off"
    if power.get("on") is None:
        return Fact("unknown", "Power", "unknown", note)
    watts = f", {power['watts']:.0f} W" if power.get("watts") is not None else ""
    fits = power["on"] == hot
    return Fact("ok" if fits else "warning", "Power", f"{'on' if power['on'] else 'off'}{watts}", note)


def _supplies(components: Iterable[Document]) -> Fact:
    supplies = [c for c in components if c["kind"] == "psu" and c["state"] != "absent"]
    well = sum(c["state"] == "ok" for c in supplies)
    if not supplies or any(c["state"] == "unknown" for c in supplies):
        return Fact("unknown", "Power supplies", "unknown", "ask before you unplug one")
    word = f"{well} of {len(supplies)} ok"
    if well == len(supplies) > 1:
        return Fact("ok", "Power supplies", word, "redundant")
    return Fact("warning" if well else "critical", "Power supplies", word, "no redundancy: one carries all")


def _array(components: Iterable[Document]) -> Fact:
    volumes = [c for c in components if c["kind"] == "raid_volume"]
    bad = [c for c in volumes if c["state"] != "ok"]
    if not volumes or any(c["state"] == "unknown" for c in bad):
        return Fact("unknown", "Disk array", "unknown", "one wrong disk may lose data")
    if bad:
        return Fact("warning", "Disk array", bad[0].get("reason") or bad[0]["state"], "one wrong disk may lose data")
    return Fact("ok", "Disk array", "healthy")


def _consent(kind: Kind, *, consent_needed: bool) -> Fact:
    if consent_needed:
        return Fact("critical", "Consent", "missing", "the customer has not agreed")
    return Fact("ok", "Consent", "given" if kind.consent else "not needed", "by the customer")


def gates(match: Mapping[str, Any] | None, *, rack: str | None, tag: str, serial: str | None,
          before: Document | None) -> list[Gate]:  # fmt: skip
    """How far the server check is, proof by proof, with what was seen."""
    seen = (match or {}).get("seen") or {}
    at = (match or {}).get("at")
    found = [
        _scanned(f"Rack {rack}" if rack else "Rack", rack, seen.get("rack"), at),
        _scanned(f"Tag {tag}", tag, seen.get("tag"), at),
        _light(seen.get("light"), at),
        _serial(serial, device_serial(before), seen.get("serial"), asked=before is not None),
    ]
    if match and (match.get("pending") or match.get("second")):
        found.append(Gate("Second person", "done" if match.get("second") else "now", match.get("second")))
    first = next((place for place, gate in enumerate(found) if gate.state == "todo"), None)
    return [Gate(g.title, "now", g.note, g.at) if place == first else g for place, g in enumerate(found)]


def _scanned(title: str, expected: str | None, seen: str | None, at: str | None) -> Gate:
    if seen is None:
        return Gate(title, "todo", "scan or type it")
    fits = expected is None or same_code(seen, expected)
    return Gate(title, "done" if fits else "failed", None if fits else f"scanned {seen}", at)


def _light(seen: str | None, at: str | None) -> Gate:
    states = {"seen": ("done", "seen"), "other": ("failed", "another one blinks"), "none": ("unknown", "not seen")}
    state, note = states.get(seen or "", ("todo", "switch it on and look"))
    return Gate("ID LED", state, note, at if seen else None)


def _serial(recorded: str | None, told: str | None, read: str | None, *, asked: bool) -> Gate:
    if told is not None:
        fits = same_code(told, recorded)
        return Gate("Serial", "done" if fits else "failed", f"the BMC says {told}")
    if read is not None:
        return Gate("Serial", "done" if same_code(read, recorded) else "failed", f"pull-out tag: {read}")
    return Gate("Serial", "todo", "silent: read the pull-out tag" if asked else "asking the BMC")


STOPPED = {
    "stale_check": "the server check was old", "array": "the array is not safe", "removed_part": "wrong part taken out",
    "installed_part": "wrong part put in", "no_return": "past the point of no return",
    "power": "the machine is not proved to be off",
}  # fmt: skip
TOLD = {
    "release": "Released to the hall", "claim": "Claimed", "start": "Work started", "hold": "Put on hold",
    "handover": "Handed over", "completion": "Completed", "closure": "Closed by hand", "confirmation": "Confirmed",
    "escalation": "Called for help", "addition": "Job added", "discrepancy": "Discrepancy", "note": "Note",
    "cancellation": "Cancelled", "reopening": "Reopened", "appointment": "Moved", "part": "Part came",
    "approval": "Approval", "consent": "Customer's consent", "answers": "Answered",
    "disk_code": "Code for the disk read out", "power_code": "Code for the power read out",
    "resolution": "Chosen between two versions",
}  # fmt: skip


SHUTDOWNS: Mapping[str, tuple[str, str | None]] = {
    "asked": ("Shutdown asked for", None), "sent": ("Shutdown sent to the machine", None),
    "unknown": ("Shutdown: nobody knows whether it arrived", "unknown"), "off": ("The machine is off", "ok"),
    "failed": ("Shutdown not sent", "warning"), "still_on": ("The machine did not go down", "warning"),
    "loaded": ("The BMC says off, the outlets carry load", "warning"),
    "unseen": ("Nobody can tell whether the machine is off", "unknown"),
    "back": ("The machine is on again by itself", "critical"),
}  # fmt: skip


def told(verb: str, detail: Mapping[str, Any], titles: Mapping[str, str]) -> tuple[str, str | None]:
    """An event in plain words, with a mark's state or None. `titles` are the steps' by key."""
    if detail.get("stopped"):
        return f"STOP: {STOPPED.get(str(detail.get('guard')), 'wrong machine')}", "critical"
    if verb == Verb.MATCH:
        return ("Server check: second person awaited", None) if detail.get("pending") else ("Server check", "ok")
    if verb == Verb.STEP:
        return titles.get(str(detail.get("step")), "Step"), "ok"
    if verb == Verb.DISCREPANCY:
        return ("Record corrected", "ok") if detail.get("corrected") else ("Discrepancy reported", "warning")
    if verb == Verb.SHUTDOWN:
        return SHUTDOWNS.get(str(detail.get("course")), ("Shutdown", None))
    if verb == Verb.SIGHTING:
        return ("Seen: it is on", "warning") if detail.get("power") == "on" else ("Seen: it is off", "ok")
    return TOLD.get(verb, verb.replace("_", " ").capitalize()), None


def serials_given(steps: Sequence[Any]) -> tuple[str | None, str | None]:
    """Removed and installed serial as the steps' evidence gave them."""
    given = {step.key: (step.given or {}).get("serial") for step in steps if step.evidence == Evidence.SERIAL}
    return given.get("old_serial"), given.get("new_serial")


def state_left(steps: Sequence[Any]) -> str:
    """What is done and scanned so far, in a sentence that a hand-over may begin with; empty before the first step."""
    done = [step for step in steps if step.done_at is not None]
    if not done:
        return ""
    removed, installed = serials_given(steps)
    serials = [f"old serial {removed}"] if removed else []
    serials += [f"new serial {installed}"] if installed else []
    following = next((step.title for step in steps if step.done_at is None), None)
    told = [f"Done up to: {done[-1].title}", *serials, *([f"not done: {following}"] if following else [])]
    return "; ".join(told) + "."


def spares_told(spares: Iterable[Any]) -> list[tuple[str, str]]:
    """Which spares are kept for an order, or were put in, and where they lie."""
    return [
        (
            "Spare kept for it" if one.state == SpareState.RESERVED else "Spare put in",
            f"{one.name} ({one.part_number}), serial {one.serial}, {one.location}",
        )
        for one in spares
    ]
