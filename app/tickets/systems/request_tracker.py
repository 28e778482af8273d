"""Request Tracker 5, over its REST 2: messages as correspondence and comments, news by polling, a hook as a wake-up.

RT writes a message and then, apart from it, the key that we give it (a custom field of transactions); it has no
condition on either. So: look before anything is repeated, look after everything is written, and wait before repeating
for longer than a request may lie about.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

import httpx

from app.core.errors import Invalid
from app.core.signing import key_of, verified_id
from app.tickets.calls import Caller, Reply, caller, open_lines
from app.tickets.rules.plain import of_html, tidy
from app.tickets.system import (
    Capability,
    Entry,
    EntryKind,
    Heard,
    Outbound,
    Outcome,
    Poke,
    Polled,
    Postponed,
    Rejected,
    Sent,
    Snapshot,
    Status,
    secret,
)
from app.tickets.systems._rt_rest import PAGE, UNKNOWN_WAIT, Later, Reading, Refused, Talk, number

SEND_S: Final = 15.0
READ_S: Final = 30.0
OVERLAP: Final = timedelta(minutes=10)
FIRST_LOOK_BACK: Final = 50
AT_ONCE: Final = 25
SAYS: Final = {"public": ("correspond", "Correspond"), "internal": ("comment", "Comment")}
SPOKEN: Final = frozenset({"Create", "Correspond", "Comment"})
TELLING: Final = ("Create", "Correspond", "Comment", "Status", "Set")
TELLING_SQL: Final = " OR ".join(f"Type = '{kind}'" for kind in TELLING)
"""What we ask for: types that our account sees, so that RT hides nothing of a page."""
LATE_CHANGES: Final = 3


@dataclass(frozen=True, slots=True)
class RequestTracker:
    """One queue of an RT. `user` is our account there and `token` its API token; its time zone must be UTC.

    `key_field` is a transaction custom field of that queue; `hook_secrets` sign the wake-ups of RT's scrip, if any.
    `acknowledges`: RT's own autoreply greets the customer.
    """

    name: ClassVar[str] = "request_tracker"
    capabilities: ClassVar[frozenset[Capability]] = frozenset(Capability)
    at_once: ClassVar[int] = 4  # RT has a handful of workers: more only wait for each other, and then for nothing

    url: str
    queue: str
    user: str
    token: str = secret()
    hook_secrets: tuple[str, ...] = secret(())
    key_field: str = "Idempotency Key"
    open_status: str = "open"
    resolved_status: str = "resolved"
    acknowledges: bool = False
    allow_plain_http: bool = False
    _caller: Caller = field(init=False, repr=False, compare=False)
    _hook_keys: tuple[bytes, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        for name in ("queue", "user", "key_field"):
            if any(c in getattr(self, name) for c in "'\"\\{}") or not getattr(self, name).strip():
                raise Invalid("invalid", f"{name} must be a name without quotes, backslashes and braces")
        base = f"{self.url.rstrip('/')}/REST/2.0/"
        object.__setattr__(self, "_caller", caller(base, allow_plain_http=self.allow_plain_http))
        object.__setattr__(self, "_hook_keys", tuple(key_of(one) for one in self.hook_secrets))

    def send(self, message: Outbound, now: datetime) -> Outcome:
        """Say the public text, then the internal one, then set the status; what is there already is not repeated."""
        talk = Talk(self._caller, self.token, SEND_S, now)
        try:
            receipts = self._say(talk, message, self._there(talk, message) if message.repeated else {})
            if message.status is not None:
                receipts.append(self._become(talk, message.ticket, message.status))
        except Refused as refusal:
            return Rejected(f"Request Tracker: {refusal}")
        except Later as later:
            return Postponed(f"Request Tracker: {later}", later.wait)
        return Sent(", ".join(receipts))

    def hear(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Heard | None:
        """A wake-up: what it says is not believed, the queue is read."""
        heard = verified_id(self._hook_keys, headers, body, now)
        return None if heard is None else Heard(heard, headers["webhook-timestamp"])

    def poll(self, cursor: str | None) -> Polled:
        """All transactions of the queue above a floor that lies ten minutes back, by number and not by date.

        Dates in RT's queries are read in the asking user's time zone. A transaction that commits late has a smaller
        number than others seen already: hence the floor.
        """
        with self._reading() as talk:
            if cursor is None:
                newest = talk.get("transactions", self._transactions("id > 0", order="DESC", page=1)).get("items", [])
                floor = max(0, int(newest[0]["id"]) - FIRST_LOOK_BACK) if newest else 0
                return Polled((), json.dumps({"floor": floor}))
            floor = int(json.loads(cursor)["floor"])
            found = list(talk.pages("transactions", self._transactions(f"id > {floor}")))
        pokes = [Poke(str(one["ObjectId"]), str(one["id"])) for one in found if self._is_news(one)]
        settled_before = max((_at(one["Created"]) for one in found), default=None)
        settled = [int(one["id"]) for one in found if settled_before and _at(one["Created"]) < settled_before - OVERLAP]
        return Polled(tuple(pokes), json.dumps({"floor": max([floor, *settled])}))

    def read(self, ticket: str, known: Collection[str]) -> Snapshot | None:
        """The ticket, and what people who are not us did in it."""
        with self._reading() as talk:
            seen = talk.ticket(ticket)
            if seen is None or seen[0].get("Status") == "deleted":
                return None
            facts, _ = seen
            customers = {one["id"] for role in ("Requestor", "Cc") for one in facts.get(role) or ()}
            query = {
                "query": f"{_of_ticket(ticket)} AND ({TELLING_SQL})",
                "fields": "Type,Created,Creator,Field,NewValue",
            }
            history = talk.pages("transactions", {**query, "orderby": "id", "order": "ASC"})
            fresh = [one for one in history if self._is_news(one) and str(one["id"]) not in known]
            texts = _texts(talk, [str(one["id"]) for one in fresh if one["Type"] in SPOKEN])
            entries = tuple(_entry(one, customers, texts) for one in fresh)
        return Snapshot(
            ticket=ticket,
            subject=facts.get("Subject") or "(no subject)",
            url=f"{self.url.rstrip('/')}/Ticket/Display.html?id={ticket}",
            channel="ticket",
            opened_at=_at(facts["Created"]),
            closed=facts["Status"] in {self.resolved_status, "rejected"},
            entries=entries,
            acknowledged=self.acknowledges,
        )

    def active(self) -> Sequence[str]:
        """All active tickets of the queue."""
        with self._reading() as talk:
            query = {"query": f"Queue = '{self.queue}' AND Status = '__Active__'", "orderby": "id", "order": "ASC"}
            return [str(one["id"]) for one in talk.pages("tickets", query)]

    def faults(self) -> list[str]:
        """Token, time zone, queue and key field."""
        with self._reading() as talk:
            user, queue = talk.get(f"user/{self.user}"), talk.get(f"queue/{self.queue}")
        fields = {one.get("name") for one in queue.get("TicketTransactionCustomFields") or ()}
        found = []
        if user.get("Timezone") != "UTC":
            found.append(f"The time zone of {self.user} in Request Tracker must be UTC, it is {user.get('Timezone')}.")
        if self.key_field not in fields:
            sentence = f"The queue {self.queue} needs a transaction custom field {self.key_field}, seen by {self.user}."
            found.append(sentence)
        return found

    def open_lines(self) -> list[str]:
        """Its address, if that is plain http to another machine."""
        return open_lines(self.url)

    def _say(self, talk: Talk, message: Outbound, there: dict[str, str]) -> list[str]:
        """The correspondence and the comment, each exactly once; their numbers. `there` is what was found already."""
        texts = {part: text for part, text in (("public", message.public), ("internal", message.internal)) if text}
        told = {part: self._write(talk, message, part, text) for part, text in texts.items() if part not in there}
        if told:
            there |= self._there(talk, message)
        return [self._receipt(talk, message, part, there.get(part), told.get(part)) for part in texts]

    def _write(self, talk: Talk, message: Outbound, part: str, text: str) -> Reply | None:
        """Say it. When the end is unknown it is looked for at once: what is found need not be waited for."""
        form = {
            "Content": text,
            "ContentType": "text/plain",
            "TxnCustomFields": {self.key_field: f"{message.id}:{part}"},
        }
        try:
            return talk.write("POST", f"ticket/{number(message.ticket)}/{SAYS[part][0]}", form)
        except Later as later:
            if later.wait != UNKNOWN_WAIT or not self._is_there(talk, message, part):
                raise
            return None

    def _is_there(self, talk: Talk, message: Outbound, part: str) -> bool:
        """Whether it is seen in the ticket; False when it is not, or cannot be looked for now."""
        try:
            return part in self._there(talk, message)
        except Later:
            return False

    def _receipt(self, talk: Talk, message: Outbound, part: str, there: str | None, told: Reply | None) -> str:
        action = SAYS[part][0]
        if there is not None:
            return f"{action} {there}"
        named = told.headers.get("location", "").rpartition("/")[2] if told else ""
        if named.isdigit() and talk.find(f"transaction/{named}") is not None:
            return f"{action} {named}, without its key: is there a field {self.key_field}?"
        said = told.status if told else "nothing"
        raise Refused(f"it said {said}, but the {action} is not in ticket {message.ticket}")

    def _there(self, talk: Talk, message: Outbound) -> dict[str, str]:
        """Which parts stand in the ticket, with their numbers: by key, or by text where RT died before the key.

        One search, whatever else was said in the ticket.
        """
        keys = {f"{message.id}:{part}": part for part in SAYS}
        name = f"'CF.{{{self.key_field}}}'"
        ours = " OR ".join([*(f"{name} = '{key}'" for key in keys), f"{name} IS NULL"])
        spoken = " OR ".join(f"Type = '{kind}'" for _, kind in SAYS.values())
        query = f"{_of_ticket(message.ticket)} AND Creator = '{self.user}' AND ({spoken}) AND ({ours})"
        asked = {"query": query, "fields": "Type,CustomFields", "orderby": "id", "order": "DESC", "per_page": str(PAGE)}
        found: dict[str, str] = {}
        keyless: list[dict[str, Any]] = []
        for one in talk.get("transactions", asked).get("items") or ():
            values = [value for each in one.get("CustomFields") or () for value in each.get("values") or ()]
            if not values:
                keyless.append(one)
            found |= {keys[value]: str(one["id"]) for value in values if value in keys}
        for part, text in (("public", message.public), ("internal", message.internal)):
            if text and part not in found and message.repeated:
                found |= _by_its_words(talk, part, text, keyless)
        return found

    def _become(self, talk: Talk, ticket: str, status: Status) -> str:
        """Set the status unless somebody changes the ticket meanwhile; believe only what is read afterwards."""
        wanted = self.resolved_status if status == Status.RESOLVED else self.open_status
        said = ""
        for _ in range(LATE_CHANGES):
            seen = talk.ticket(ticket)
            if seen is None:
                raise Refused(f"there is no ticket {ticket} that {self.user} may see")
            facts, version = seen
            if facts["Status"] == wanted:
                return f"status {wanted}"
            if said:
                raise Refused(f"the status stays {facts['Status']}: {said}")
            reply = talk.write("PUT", f"ticket/{number(ticket)}", {"Status": wanted}, version)
            said = "" if reply.status == httpx.codes.PRECONDITION_FAILED else reply.body.decode(errors="replace")[:300]
        raise Later("the ticket changes all the time")

    def _transactions(self, condition: str, *, order: str = "ASC", page: int = PAGE) -> dict[str, str]:
        return {
            "query": f"TicketQueue = '{self.queue}' AND ({TELLING_SQL}) AND {condition}",
            "orderby": "id", "order": order, "fields": "Type,ObjectId,Created,Creator,Field", "per_page": str(page),
        }  # fmt: skip

    def _is_news(self, transaction: Mapping[str, Any]) -> bool:
        """Said or done by others than us; of what is merely set, only a move between queues."""
        kind = transaction["Type"]
        moved = kind != "Set" or transaction.get("Field") == "Queue"
        return kind in TELLING and moved and transaction["Creator"]["id"] != self.user

    def _reading(self) -> Reading:
        return Reading(Talk(self._caller, self.token, READ_S, None))


def _of_ticket(ticket: str) -> str:
    """Transactions of that ticket alone: RT's TicketId is the number of whatever was changed, be it a user's."""
    return f"ObjectType = 'RT::Ticket' AND TicketId = {number(ticket)}"


def _by_its_words(talk: Talk, part: str, text: str, keyless: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    alike = [str(one["id"]) for one in keyless if one["Type"] == SAYS[part][1]]
    said = [one for one, words in _texts(talk, alike).items() if words == tidy(text)]
    return {part: said[0]} if said else {}


def _entry(transaction: Mapping[str, Any], customers: Collection[str], texts: Mapping[str, str]) -> Entry:
    kind, by = transaction["Type"], transaction["Creator"]["id"]
    if kind in SPOKEN:
        text = texts.get(str(transaction["id"]), "")
        spoken = EntryKind.CUSTOMER if by in customers else EntryKind.STAFF
        what = {"Create": EntryKind.OPENED, "Comment": EntryKind.NOTE}.get(kind, spoken)
    else:
        text, what = str(transaction.get("NewValue") or ""), EntryKind.STATUS
    return Entry(str(transaction["id"]), what, _at(transaction["Created"]), by, text)


def _texts(talk: Talk, transactions: Sequence[str]) -> dict[str, str]:
    """What each transaction says, in plain text; files are left alone. One search for every 25 of them."""
    plain: dict[str, str] = {}
    html: dict[str, str] = {}
    for first in range(0, len(transactions), AT_ONCE):
        wanted: list[dict[str, str]] = [{"field": "Filename", "operator": "IS", "value": "NULL"}]
        for name, values in (
            ("TransactionId", transactions[first : first + AT_ONCE]),
            ("ContentType", ("text/plain", "text/html")),
        ):
            wanted += [{"field": name, "value": value, "entry_aggregator": "OR"} for value in values]
        asked = {"query": json.dumps(wanted), "fields": "TransactionId,ContentType,Content"}
        for part in talk.pages("attachments", {**asked, "orderby": "id", "order": "ASC"}):
            kind = html if part["ContentType"] == "text/html" else plain
            kind.setdefault(str(part["TransactionId"]), str(part.get("Content") or ""))
    return {one: of_html(text) for one, text in html.items()} | {one: tidy(text) for one, text in plain.items()}


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


SYSTEM = RequestTracker
