"""What a ticket is told about an order or a referral: why, what happens next, and when. Pure.

The words stand in `wording/`, one file per message, for a person to edit. A file that is missing, or names a value that
does not exist, stops the start with its name.

The customer's text is clean by construction: free words of people and machines lose the order's internal words (see
`OrderFacts.internals`), and the whole text loses what looks like an address, a serial, a rack or a secret.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from app.jobs.wording import Wording, fill, read
from app.jobs.wording.times import moment_words, range_words
from app.tickets.rules.leaks import without_leaks

MOST_BYTES: Final = 6_000
"""Of each text; both together stay below what a message may hold."""

OUTCOMES: Final[Mapping[str, str]] = {
    "repaired": "repaired",
    "not_repaired": "not repaired yet",
    "no_fault_found": "no fault found; nothing was changed",
}
WAITING: Final[Mapping[str, str]] = {
    "answers": "we still need answers to a few questions",
    "approval": "it needs an approval on our side",
    "consent": "we need your agreement first",
    "part": "the part for it has to arrive first",
    "technician": "no technician has time for it yet",
}

Range = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Texts:
    """What the customer reads, and what colleagues read."""

    public: str
    internal: str


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What a message may say of an order. Instants are aware; they are told in the site's `time_zone` (IANA).

    Free words (`why`, `next_steps`, `explanation`, `found`, ...) are taken as a person or a machine wrote them.
    `internals`: words that the customer must not read: surnames, serials, rack and device names.
    `internal`: lines for colleagues only.
    """

    number: str
    title: str
    server: str
    site_name: str
    time_zone: str
    minutes: int | None = None
    promise: Range | None = None
    promise_finish: datetime | None = None
    previous: Range | None = None
    explanation: Collection[str] = ()
    why: str = ""
    next_steps: str = ""
    status: str = ""
    waiting_for: str = ""  # answers, approval, consent or part
    waiting_who: str = ""
    waiting_until: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    safe_state: str = ""
    outcome: str = ""  # repaired, not_repaired or no_fault_found
    found: str = ""
    done: str = ""
    before: str = ""
    after: str = ""
    confirm_by: datetime | None = None
    internal: Collection[str] = ()
    internals: Collection[str] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class ReferralFacts:
    """What a message may say of a referral; instants are told in the zone of whoever it concerns."""

    number: str
    team: str
    time_zone: str
    why: str = ""
    next_steps: str = ""
    opens_at: datetime | None = None
    promise_to: datetime | None = None
    explanation: Collection[str] = ()
    answer: str = ""
    internal: Collection[str] = ()
    internals: Collection[str] = field(default=(), repr=False)


def acknowledged(facts: OrderFacts) -> Texts:
    """We have your request: the automatic acknowledgment."""
    return _texts(_ORDER["acknowledged"], _order_values(facts), facts)


def booked(facts: OrderFacts) -> Texts:
    """It is booked: when, why then, what happens next."""
    return _texts(_ORDER["booked"], _order_values(facts), facts)


def moved(facts: OrderFacts) -> Texts:
    """Another time than promised before: which, and why."""
    return _texts(_ORDER["moved"], _order_values(facts), facts)


def waiting(facts: OrderFacts) -> Texts:
    """It cannot go on: what it waits for, until when, what the customer can do."""
    return _texts(_ORDER["waiting"], _order_values(facts), facts)


def started(facts: OrderFacts) -> Texts:
    """A technician is at work; when it should be done."""
    return _texts(_ORDER["started"], _order_values(facts), facts)


def progress(facts: OrderFacts) -> Texts:
    """The regular sign of life while it waits or is worked on: `status` in a sentence."""
    return _texts(_ORDER["progress"], _order_values(facts), facts)


def late(facts: OrderFacts) -> Texts:
    """It takes longer than promised, told before the promise passes: the new time and why."""
    return _texts(_ORDER["late"], _order_values(facts), facts)


def finished(facts: OrderFacts) -> Texts:
    """The hands are done, the proof is being taken."""
    return _texts(_ORDER["finished"], _order_values(facts), facts)


def handed_over(facts: OrderFacts) -> Texts:
    """Not completed today: in which safe state it was left, and when it goes on."""
    return _texts(_ORDER["handed_over"], _order_values(facts), facts)


def closed_report(facts: OrderFacts) -> Texts:
    """The closing report: found, done, proved, times; and the question whether it works."""
    return _texts(_ORDER["closed_report"], _order_values(facts), facts)


def closed(facts: OrderFacts) -> Texts:
    """It is closed, confirmed or by silence (`why` says which)."""
    return _texts(_ORDER["closed"], _order_values(facts), facts)


def reopened(facts: OrderFacts) -> Texts:
    """The same order goes on, because it is not fixed."""
    return _texts(_ORDER["reopened"], _order_values(facts), facts)


def cancelled(facts: OrderFacts) -> Texts:
    """It will not be done, and why."""
    return _texts(_ORDER["cancelled"], _order_values(facts), facts)


def remark(facts: OrderFacts) -> Texts:
    """A person's own words for the customer, given as `why`."""
    return _texts(_ORDER["remark"], _order_values(facts), facts)


def referred(facts: ReferralFacts) -> Texts:
    """Another team has it: why, what happens next, by when."""
    return _texts(_REFERRAL["referred"], _referral_values(facts), facts)


def answered(facts: ReferralFacts) -> Texts:
    """The other team's answer, in its own words."""
    return _texts(_REFERRAL["answered"], _referral_values(facts), facts)


def _order_values(facts: OrderFacts) -> dict[str, str]:
    zone = ZoneInfo(facts.time_zone)
    return {
        "number": facts.number,
        "title": facts.title,
        "server": facts.server,
        "site": facts.site_name,
        "minutes": "" if facts.minutes is None else str(facts.minutes),
        "when": range_words(facts.promise, zone),
        "finish": moment_words(facts.promise_finish, zone),
        "previously": range_words(facts.previous, zone),
        "explanation": _lines(facts.explanation),
        "why": facts.why,
        "next": facts.next_steps,
        "status": facts.status,
        "waiting_for": WAITING.get(facts.waiting_for, facts.waiting_for),
        "waiting_who": facts.waiting_who,
        "until": moment_words(facts.waiting_until, zone),
        "started": moment_words(facts.started_at, zone),
        "finished": moment_words(facts.finished_at, zone),
        "safe_state": facts.safe_state,
        "outcome": OUTCOMES.get(facts.outcome, facts.outcome),
        "found": facts.found,
        "done": facts.done,
        "before": facts.before,
        "after": facts.after,
        "confirm_by": moment_words(facts.confirm_by, zone),
    }


def _referral_values(facts: ReferralFacts) -> dict[str, str]:
    zone = ZoneInfo(facts.time_zone)
    return {
        "number": facts.number,
        "team": facts.team,
        "why": facts.why,
        "next": facts.next_steps,
        "opens": moment_words(facts.opens_at, zone),
        "until": moment_words(facts.promise_to, zone),
        "explanation": _lines(facts.explanation),
        "answer": facts.answer,
    }


def _texts(wording: Wording, values: Mapping[str, str], facts: OrderFacts | ReferralFacts) -> Texts:
    """Both texts, filled in; the customer's without anything internal."""
    printable = {name: _printable(value) for name, value in values.items()}
    internal = "\n\n".join([fill(wording.internal, printable), *map(_printable, facts.internal)])
    clean = {
        name: value if name in _OURS else without_leaks(value, facts.internals) for name, value in printable.items()
    }
    public = _fit(without_leaks(fill(wording.public, clean)))
    return Texts(without_leaks(public), _fit(internal))  # again: a cut may bare what was part of a longer word


def _lines(sentences: Collection[str]) -> str:
    return "\n".join(f"- {sentence}" for sentence in sentences if sentence.strip())


def _printable(text: str) -> str:
    """Without control and invisible characters: the database takes no NUL, and nothing hides between digits."""
    return "".join(c for c in text.replace("\t", " ") if c.isprintable() or c == "\n").strip()


def _fit(text: str) -> str:
    raw = text.encode()
    return text if len(raw) <= MOST_BYTES else raw[:MOST_BYTES].decode(errors="ignore") + " ..."


_OURS: Final = frozenset(
    {"number", "minutes", "when", "finish", "previously", "until", "started", "finished", "confirm_by", "opens"}
)
"""Values that we compute ourselves: no internal word stands in them, though a month may be named like a colleague."""

_ORDER: Final[Mapping[str, Wording]] = {
    name: read(name, _order_values(OrderFacts("", "", "", "", "UTC")).keys())
    for name in (
        "acknowledged", "booked", "moved", "waiting", "started", "progress", "late", "finished", "handed_over",
        "closed_report", "closed", "reopened", "cancelled", "remark",
    )
}  # fmt: skip
_REFERRAL: Final[Mapping[str, Wording]] = {
    name: read(name, _referral_values(ReferralFacts("", "", "UTC")).keys()) for name in ("referred", "answered")
}
