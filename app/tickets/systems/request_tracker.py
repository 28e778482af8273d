"""Request Tracker 5, over its REST 2: messages as correspondence and comments, news by polling, a hook as a wake-up.

RT writes a message and then, apart from it, the key that we give it (a custom field of transactions); it has no
condition on either. So: look before anything is repeated, look after everything is written, and wait before repeating
for longer than a request may lie about.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

import httpx

from app.core.errors import Invalid
from app.core.signing import key_of, verified_id
from app.tickets.calls import Caller, caller
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
from app.tickets.systems._rt_rest import PAGE, Later, Reading, Refused, Talk, number

SEND_S: Final = 15.0
READ_S: Final = 30.0
OVERLAP: Final = timedelta(minutes=10)
FIRST_LOOK_BACK: Final = 50
SAYS: Final = {"public": ("correspond", "Correspond"), "internal": ("comment", "Comment")}
SPOKEN: Final = frozenset({"Create", "Correspond", "Comment"})
TELLING: Final = frozenset({"Create", "Correspond", "Comment", "Status", "Set"})
LATE_CHANGES: Final = 3


@dataclass(frozen=True, slots=True)
class RequestTracker:
    """One queue of an RT. `user` is our account there and `token` its API token; its time zone must be UTC.

    `key_field` is a transaction custom field of that queue; `hook_secrets` sign the wake-ups of RT's scrip, if any.
    `acknowledges`: RT's own autoreply greets the customer.
    """

    name: ClassVar[str] = "request_tracker"
    capabilities: ClassVar[frozenset[Capability]] = frozenset(Capability)

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
            parts = {"public": message.public, "internal": message.internal}
            receipts = [self._say(talk, message, part, text) for part, text in parts.items() if text]
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
            query = {"query": f"TicketId = {int(ticket)}", "fields": "Type,Created,Creator,Field,NewValue"}
            history = talk.pages("transactions", {**query, "orderby": "id", "order": "ASC"})
            fresh = [one for one in history if self._is_news(one) and str(one["id"]) not in known]
            texts = _texts(talk, ticket) if any(one["Type"] in SPOKEN for one in fresh) else {}
            entries = tuple(_entry(talk, one, customers, texts.get(str(one["id"]))) for one in fresh)
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

    def _say(self, talk: Talk, message: Outbound, part: str, text: str) -> str:
        """One correspondence or comment, exactly once; its number."""
        action, kind = SAYS[part]
        key = f"{message.id}:{part}"
        if message.repeated and (there := self._said(talk, message.ticket, key, kind, text)):
            return f"{action} {there} was there"
        form = {"Content": text, "ContentType": "text/plain", "TxnCustomFields": {self.key_field: key}}
        reply = talk.write("POST", f"ticket/{number(message.ticket)}/{action}", form)
        if (there := self._keyed(talk, message.ticket, key, kind)) is not None:
            return f"{action} {there}"
        told = reply.headers.get("location", "").rpartition("/")[2]
        if told.isdigit() and talk.find(f"transaction/{told}") is not None:
            return f"{action} {told}, without its key: is there a field {self.key_field}?"
        raise Refused(f"it said {reply.status}, but the {action} is not in ticket {message.ticket}")

    def _said(self, talk: Talk, ticket: str, key: str, kind: str, text: str) -> str | None:
        """The number of what was said under `key`, also when RT died between writing it and its key."""
        if (keyed := self._keyed(talk, ticket, key, kind)) is not None:
            return keyed
        query = f"TicketId = {number(ticket)} AND Type = '{kind}' AND Creator = '{self.user}'"
        for one in talk.pages("transactions", {"query": query, "orderby": "id", "order": "DESC"}):
            whole = talk.get(f"transaction/{one['id']}")
            keys = [value for each in whole.get("CustomFields") or () for value in each.get("values") or ()]
            if not keys and _words(talk, _texts(talk, ticket).get(str(one["id"]))) == _plain(text):
                return str(one["id"])
        return None

    def _keyed(self, talk: Talk, ticket: str, key: str, kind: str) -> str | None:
        query = f"TicketId = {number(ticket)} AND Type = '{kind}' AND 'CF.{{{self.key_field}}}' = '{key}'"
        found = talk.get("transactions", {"query": query}).get("items", [])
        return str(found[0]["id"]) if found else None

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
            "query": f"TicketQueue = '{self.queue}' AND {condition}", "orderby": "id", "order": order,
            "fields": "Type,ObjectId,Created,Creator,Field", "per_page": str(page),
        }  # fmt: skip

    def _is_news(self, transaction: Mapping[str, Any]) -> bool:
        """Said or done by others than us; of what is merely set, only a move between queues."""
        kind = transaction["Type"]
        moved = kind != "Set" or transaction.get("Field") == "Queue"
        return kind in TELLING and moved and transaction["Creator"]["id"] != self.user

    def _reading(self) -> Reading:
        return Reading(Talk(self._caller, self.token, READ_S, None))


def _entry(talk: Talk, transaction: Mapping[str, Any], customers: Collection[str], text_part: str | None) -> Entry:
    kind, by = transaction["Type"], transaction["Creator"]["id"]
    if kind in SPOKEN:
        text = _words(talk, text_part)
        spoken = EntryKind.CUSTOMER if by in customers else EntryKind.STAFF
        what = {"Create": EntryKind.OPENED, "Comment": EntryKind.NOTE}.get(kind, spoken)
    else:
        text, what = str(transaction.get("NewValue") or ""), EntryKind.STATUS
    return Entry(str(transaction["id"]), what, _at(transaction["Created"]), by, text)


def _texts(talk: Talk, ticket: str) -> dict[str, str]:
    """The first plain text of each transaction of a ticket, by its attachment's number; files are left alone."""
    found: dict[str, str] = {}
    query = {"fields": "TransactionId,ContentType,Filename"}
    for part in talk.pages(f"ticket/{number(ticket)}/attachments", query):
        if str(part.get("ContentType", "")).startswith("text/plain") and not part.get("Filename"):
            found.setdefault(str(part["TransactionId"]), str(part["id"]))
    return found


def _words(talk: Talk, part: str | None) -> str:
    if part is None:
        return ""
    content = talk.get(f"attachment/{part}").get("Content") or ""
    return _plain(base64.b64decode(content).decode(errors="replace"))


def _plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


SYSTEM = RequestTracker
