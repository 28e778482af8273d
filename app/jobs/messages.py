"""What a ticket is told about an order or a referral: why, what happens next, and when. Pure.

The words stand in `wording/`, one file per message and language; a person may edit them (operations/wordings.py).
A file that is missing, or names a value that does not exist, stops the start with its name.

The customer's text is clean by construction: free words of people and machines lose the order's internal words (see
`OrderFacts.internals`), and the whole text loses what looks like an address, a serial, a rack or a secret.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from app.core.language import Language, told
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


def written(
    name: str,
    facts: OrderFacts | ReferralFacts,
    language: Language = Language.ENGLISH,
    wording: Wording | None = None,
) -> Texts:
    """The message of that name in a language, in its shipped wording or in an edited one.

    Sentences that were composed elsewhere are told in the language, too; a person's own words stay as they are.
    """
    values = _order_values(facts, language) if isinstance(facts, OrderFacts) else _referral_values(facts, language)
    return _texts(wording or SHIPPED[name, language], values, facts, language)


def _order_values(facts: OrderFacts, language: Language) -> dict[str, str]:
    zone = ZoneInfo(facts.time_zone)

    def moment(at: datetime | None) -> str:
        return moment_words(at, zone, language)

    def say(text: str) -> str:
        return told(text, language)

    return {
        "number": facts.number,
        "title": say(facts.title),
        "server": facts.server,
        "site": facts.site_name,
        "minutes": "" if facts.minutes is None else str(facts.minutes),
        "when": range_words(facts.promise, zone, language),
        "finish": moment(facts.promise_finish),
        "previously": range_words(facts.previous, zone, language),
        "explanation": _lines(facts.explanation, language),
        "why": say(facts.why),
        "next": say(facts.next_steps),
        "status": say(facts.status),
        "waiting_for": say(WAITING.get(facts.waiting_for, facts.waiting_for)),
        "waiting_who": say(facts.waiting_who),
        "until": moment(facts.waiting_until),
        "started": moment(facts.started_at),
        "finished": moment(facts.finished_at),
        "safe_state": say(facts.safe_state),
        "outcome": say(OUTCOMES.get(facts.outcome, facts.outcome)),
        "found": say(facts.found),
        "done": say(facts.done),
        "before": say(facts.before),
        "after": say(facts.after),
        "confirm_by": moment(facts.confirm_by),
    }


def _referral_values(facts: ReferralFacts, language: Language) -> dict[str, str]:
    zone = ZoneInfo(facts.time_zone)
    return {
        "number": facts.number,
        "team": told(facts.team, language),
        "why": told(facts.why, language),
        "next": told(facts.next_steps, language),
        "opens": moment_words(facts.opens_at, zone, language),
        "until": moment_words(facts.promise_to, zone, language),
        "explanation": _lines(facts.explanation, language),
        "answer": facts.answer,  # a person's own words
    }


def _texts(wording: Wording, values: Mapping[str, str], facts: OrderFacts | ReferralFacts, language: Language) -> Texts:
    """Both texts, filled in; the customer's without anything internal."""
    printable = {name: _printable(value) for name, value in values.items()}
    internal = "\n\n".join(
        [fill(wording.internal, printable), *(_printable(told(line, language)) for line in facts.internal)]
    )
    clean = {
        name: value if name in _OURS else without_leaks(value, facts.internals) for name, value in printable.items()
    }
    public = _fit(without_leaks(fill(wording.public, clean)))
    return Texts(without_leaks(public), _fit(internal))  # again: a cut may bare what was part of a longer word


def _lines(sentences: Collection[str], language: Language) -> str:
    return "\n".join(f"- {told(sentence, language)}" for sentence in sentences if sentence.strip())


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

ABOUT_ORDERS: Final[Mapping[str, str]] = {
    "acknowledged": "We have your request: the automatic acknowledgment.",
    "booked": "It is booked: when, why then, what happens next.",
    "moved": "Another time than promised before: which, and why.",
    "waiting": "It cannot go on: what it waits for, until when, what the customer can do.",
    "started": "A technician is at work; when it should be done.",
    "progress": "The regular sign of life while it waits or is worked on.",
    "late": "It takes longer than promised, told before the promise passes: the new time and why.",
    "finished": "The hands are done, the proof is being taken.",
    "handed_over": "Not completed today: in which safe state it was left, and when it goes on.",
    "closed_report": "The closing report: found, done, proved, times; and the question whether it works.",
    "closed": "It is closed, confirmed or by silence.",
    "reopened": "The same order goes on, because it is not fixed.",
    "cancelled": "It will not be done, and why.",
    "remark": "A person's own words for the customer.",
}
"""Every message about an order, and when it is sent."""
ABOUT_REFERRALS: Final[Mapping[str, str]] = {
    "referred": "Another team has it: why, what happens next, by when.",
    "answered": "The other team's answer, in its own words.",
}
MESSAGES: Final[Mapping[str, str]] = {**ABOUT_ORDERS, **ABOUT_REFERRALS}
_ORDER_FIELDS: Final = frozenset(_order_values(OrderFacts("", "", "", "", "UTC"), Language.ENGLISH))
_REFERRAL_FIELDS: Final = frozenset(_referral_values(ReferralFacts("", "", "UTC"), Language.ENGLISH))


def fields_of(name: str) -> frozenset[str]:
    """The values that the message of that name may show."""
    return _ORDER_FIELDS if name in ABOUT_ORDERS else _REFERRAL_FIELDS


SHIPPED: Final[Mapping[tuple[str, Language], Wording]] = {
    (name, language): read(name, language, fields_of(name)) for name in MESSAGES for language in Language
}
"""The wordings of the code base, by message and language."""
