"""Single parts: drives, memory, fans, temperatures, processors, batteries; then roll-ups and what nothing explains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.hardware.diagnostics import Finding, Kind
from app.hardware.facts import RANK, Fault, Part
from app.hardware.readings import SourceStatus, State
from app.hardware.rules.scene import Claim, Scene, capitalised, claim, evidence_of, said_of


@dataclass(frozen=True, slots=True)
class Answer:
    """What to say of a part and what to do: `{part}` is the part in words, `{words}` what was seen on it."""

    title: str
    advice: str
    job_kind: str | None


ASK_FIRST = "Have a system administrator look at this before anything is touched."
PULL_ONE = (
    "Swap {part} only when the array's redundancy is known and fresh, and after its serial number or its own light "
    "proved the bay. Pull no other drive."
)
PULL_NOTHING = "Pull nothing: every drive that answers is needed."
WAIT = "Wait until the rebuild is through: pull no drive and switch nothing off before."
MEMORY_SWAP = (
    "Plan a swap of {part} with the machine off, in a window that the customer agreed to. Take diagnostics before and "
    "after it; where the module shows no serial number, clear the event log afterwards, so that only new errors count."
)
ANSWERS = {
    (Kind.DRIVE, Fault.FAILED): Answer("{part} has failed", PULL_ONE, "disk_swap"),
    (Kind.DRIVE, Fault.PREDICTED): Answer("{part} predicts its failure", PULL_ONE, "disk_swap"),
    (Kind.MEMORY, Fault.UNCORRECTABLE): Answer("{part} had uncorrectable memory errors", MEMORY_SWAP, "memory_swap"),
    (Kind.MEMORY, Fault.CORRECTABLE): Answer(
        "{part} corrects memory errors",
        "Nothing is to be pulled for errors that were corrected: watch whether they grow. " + ASK_FIRST,
        None,
    ),
    (Kind.MEMORY, Fault.FAILED): Answer("{part} is disabled", MEMORY_SWAP, "memory_swap"),
    (Kind.CPU, Fault.FAILED): Answer("{part} has failed: {words}", ASK_FIRST, "other_hands"),
    (Kind.CPU, Fault.UNCORRECTABLE): Answer("{part} had an uncorrectable error", ASK_FIRST, "other_hands"),
    (Kind.CPU, Fault.CORRECTABLE): Answer("{part} corrects errors", ASK_FIRST, None),
    (Kind.CHASSIS, Fault.OPEN): Answer(
        "{part}: {words}",
        "Look whether somebody is working on the machine before you close it; then reset the intrusion sensor.",
        "visual_check",
    ),
    (Kind.TEMPERATURE, Fault.LIMIT): Answer(
        "{part}: {words}",
        "Look at the way of the air: blanking panels, doors, cables before the fans, the neighbours' exhaust. "
        "Leave the lid closed.",
        "visual_check",
    ),
    (Kind.VOLTAGE, Fault.LIMIT): Answer("{part}: {words}", ASK_FIRST, None),
    (Kind.CURRENT, Fault.OVERLOAD): Answer(
        "{part}: {words}", "Connect nothing more here, and ask before any load is moved.", None
    ),
    (Kind.BMC, Fault.LOG_FULL): Answer(
        "{part}: {words}",
        "Save the event log, then have it cleared: until then new events, memory errors among them, are lost.",
        None,
    ),
    (Kind.BATTERY, Fault.FAILED): Answer("{part} has failed", ASK_FIRST, "other_hands"),
    (Kind.BATTERY, Fault.PREDICTED): Answer("{part} is low", ASK_FIRST, "other_hands"),
    (Kind.RAID_CONTROLLER, Fault.FAILED): Answer("{part} has failed", ASK_FIRST, "other_hands"),
    (Kind.NIC, Fault.OFF_IN_USE): Answer(
        "{part} has no link", "Re-seat its cable at both ends, one end at a time.", "cable_reseat"
    ),
    (Kind.NIC, Fault.MISMATCHED): Answer(
        "{part} {words}",
        "Re-seat its cable at both ends, one end at a time and in a window that the customer agreed to; then try "
        "another cable.",
        "cable_reseat",
    ),
}
SINGLE = frozenset(kind for kind, _fault in ANSWERS)
BY_SEVERITY = (
    Fault.FAILED,
    Fault.UNCORRECTABLE,
    Fault.PREDICTED,
    Fault.CORRECTABLE,
    Fault.OPEN,
    Fault.LIMIT,
    Fault.OVERLOAD,
    Fault.OFF_IN_USE,
    Fault.MISMATCHED,
    Fault.LOG_FULL,
)
FAN_ADVICE = (
    "Have the fan swapped soon, with the spare in hand before the lid is opened: the machine heats up in minutes "
    "without its airflow."
)


def fans(_scene: Scene, left: tuple[Part, ...]) -> Iterator[Claim]:
    """Fans in trouble; a machine that is hot because a fan stands still is told as the fan, once."""
    hot = [part for part in left if part.kind is Kind.TEMPERATURE and part.in_trouble and part.has(Fault.LIMIT)]
    broken = [part for part in left if part.kind is Kind.FAN and part.in_trouble and not part.explained_by]
    for place, fan in enumerate(broken):
        consequences = [part for part in hot if part.device == fan.device] if place == 0 else []
        heat = ", and it gets hot" if consequences else ""
        failed = fan.state is State.CRITICAL
        title = f"{said_of(fan)} {'has failed' if failed else 'turns too slowly'}{heat}"
        yield claim(fan, title, FAN_ADVICE, "other_hands", with_parts=consequences)


def single_parts(_scene: Scene, left: tuple[Part, ...]) -> Iterator[Claim]:
    """Parts whose trouble has a name: one finding each, by the gravest fault seen on it."""
    for part in left:
        if part.kind not in SINGLE or not part.in_trouble or part.explained_by:
            continue
        answers = (ANSWERS.get((part.kind, fault)) for fault in BY_SEVERITY if part.has(fault))
        answer = next((known for known in answers if known), None)
        if answer:
            yield _answered(part, answer)


def _answered(part: Part, answer: Answer) -> Claim:
    words = {"part": said_of(part), "words": part.deciding.words}
    title = capitalised(answer.title.format(**words))
    return claim(part, title, answer.advice.format(**words), answer.job_kind)


def arrays(scene: Scene, left: tuple[Part, ...]) -> Iterator[Claim]:
    """Drives that say their array is degraded: silent when a drive explains it, else one finding for all of them."""
    saying = [part for part in left if part.kind is Kind.DRIVE and part.in_trouble and part.has(Fault.ARRAY_DEGRADED)]
    if not saying:
        return
    unclaimed = {part.key for part in left}
    if any(drive.in_trouble and drive.key not in unclaimed for drive in scene.own(Kind.DRIVE)):
        yield Claim(None, frozenset(part.key for part in saying))
        return
    title = "An array is degraded, and no drive says that it failed"
    advice = f"{PULL_NOTHING} {ASK_FIRST}"
    first, *rest = sorted(saying, key=lambda part: part.state is not State.CRITICAL)
    finding = Finding(first.state, Kind.RAID_VOLUME, "Array", None, title, None, advice, None, evidence_of(saying))
    yield Claim(finding, frozenset(part.key for part in (first, *rest)))


def leftovers(_scene: Scene, left: tuple[Part, ...]) -> Iterator[Claim]:
    """Everything else in trouble that is no roll-up: told as it is, with nothing to do by hand."""
    for part in left:
        if part.in_trouble and not part.explained_by:
            yield claim(part, capitalised(f"{said_of(part)}: {part.deciding.words}"), ASK_FIRST, None)


def rollups(scene: Scene, left: tuple[Part, ...]) -> Iterator[Claim]:
    """Roll-ups last, the narrowest first: silent when a part they sum up is in trouble, else a finding of their own.

    What sums up the whole machine, other roll-ups included, is explained by one that was told, and only by trouble as
    grave as its own: a critical machine is not explained by a warning.
    """
    told: list[Part] = []
    sums = [part for part in left if part.in_trouble and part.explained_by]
    for part in sorted(sums, key=lambda one: len(one.explained_by)):
        whole = Kind.SYSTEM in part.explained_by
        reasons = [
            *(other for other in scene.facts.parts if _is_summed_up(other, part)),
            *(other for other in told if whole or other.kind in part.explained_by),
        ]
        if any(RANK[other.state] <= RANK[part.state] or not whole for other in reasons):
            yield Claim(None, frozenset({part.key}))
        else:
            told.append(part)
            yield _unexplained(part)


def _unexplained(part: Part) -> Claim:
    """A roll-up that no part explains; an array that is rebuilt explains itself."""
    said = f"{said_of(part)}: {part.deciding.words}"
    if part.has(Fault.REBUILDING):
        return claim(part, capitalised(said), WAIT, None)
    advice = f"{PULL_NOTHING} {ASK_FIRST}" if part.kind is Kind.RAID_VOLUME else ASK_FIRST
    return claim(part, capitalised(f"{said}, and no part says why"), advice, None)


def _is_summed_up(other: Part, rollup: Part) -> bool:
    """Whether the other one is a single part in trouble that the roll-up sums up."""
    mine = other.kind in rollup.explained_by and other.device == rollup.device and other.key != rollup.key
    inside = not rollup.members or any(other.answers_to(member) for member in rollup.members)
    return mine and inside and other.in_trouble and not other.explained_by


def silent_bmc(scene: Scene, left: tuple[Part, ...]) -> Iterator[Claim]:
    """A management controller that could not be read: nothing it would tell is known, and nothing of it is ok."""
    for bmc in left:
        if bmc.kind is not Kind.BMC or bmc.state is not State.UNKNOWN:
            continue
        source = next((one for one in scene.sources if one.name == bmc.deciding.source), None)
        silent = source is None or source.status in {SourceStatus.UNREACHABLE, SourceStatus.TIMEOUT}
        title = "The BMC does not answer" if silent else "The BMC does not let us read it"
        advice = (source.advice if source else None) or "Check the management cable and the BMC's own port."
        yield claim(bmc, title, advice, "visual_check" if silent else None)
