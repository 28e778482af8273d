"""E-mail: a mailbox over IMAP for what comes in, SMTP for what goes out. A mail that answers nothing opens a ticket.

Nothing in the mailbox is changed, moved or marked: what was read is known by its number there, and read again when in
doubt. Which ticket an answer belongs to stands, signed, in the reply address and in our Message-IDs.
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import ClassVar, Final

from imap_tools import AND, MailMessage

from app.core.errors import Invalid, Unavailable
from app.core.signing import key_of
from app.tickets.calls import is_this_machine
from app.tickets.system import (
    Capability,
    Entry,
    EntryKind,
    Faulty,
    Outbound,
    Outcome,
    Poke,
    Polled,
    Postponed,
    Rejected,
    Sent,
    Snapshot,
    secret,
)
from app.tickets.systems._mail import Head, Letter, Tokens, head_of, number_of, ticket_of, words_of, written
from app.tickets.systems._mail_lines import BROKEN, Box, Door, Postman, SetUpBadly, Turn, door, verdict

log = logging.getLogger(__name__)

SEND_S: Final = 15.0
READ_S: Final = 30.0
LINE_S: Final = 20.0  # to open the line on which it waits, and for each wait
LOOK_BACK: Final = timedelta(days=90)
OVERLAP: Final = 50
RENEW_S: Final = 540.0  # an IDLE of half an hour is cut by servers
MOST_BYTES: Final = 1_000_000
"""Of one mail: its words come first, and its files, which are left alone, may be of any size."""


@dataclass(slots=True)
class _Known:
    """The mailbox as far as this process has read it, and the line on which it waits for more."""

    guard: threading.Lock = field(default_factory=threading.Lock)
    validity: int = 0
    heads: dict[str, Head] = field(default_factory=dict)
    highest: int = 0
    line: Box | None = None
    since: float = 0.0


@dataclass(frozen=True, slots=True)
class Email:
    """One mailbox of customers' mail at `imap` (imaps://host), answered from `address` over `smtp` (smtps:// or smtp://).

    Both lines are encrypted, and certificates checked against `ca_file` or the machine's own authorities, unless they
    end on this machine or `allow_plain` permits imap+plain:// and smtp+plain:// to others. `token_secret` signs
    reply addresses (address+token@...). `authority` is the name under which our own mail server writes
    Authentication-Results; without it nobody's address is believed. `colleagues` get the internal texts, if anybody.
    """

    name: ClassVar[str] = "email"
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {Capability.PUBLIC_REPLY, Capability.INTERNAL_NOTE, Capability.POLL}
    )
    at_once: ClassVar[int] = 4

    address: str
    imap: str
    smtp: str
    user: str
    password: str = secret()
    token_secret: str = secret()
    folder: str = "INBOX"
    sent_folder: str = "Sent"
    authority: str | None = None
    colleagues: str | None = None
    ca_file: Path | None = None
    allow_plain: bool = False
    _imap: Door = field(init=False, repr=False, compare=False)
    _smtp: Door = field(init=False, repr=False, compare=False)
    _tokens: Tokens = field(init=False, repr=False, compare=False)
    _known: _Known = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for one in (self.address, self.colleagues or self.address):
            left, _, domain = one.partition("@")
            if not left or not domain or any(c in one for c in ' "<>,;\r\n'):
                raise Invalid("invalid", "address and colleagues must be addresses as support@example.com")
        for name, url in (("imap", self.imap), ("smtp", self.smtp)):
            made = door(name, url, allow_plain=self.allow_plain, ca_file=self.ca_file)
            object.__setattr__(self, f"_{name}", made)
        object.__setattr__(self, "_tokens", Tokens(key_of(self.token_secret)))
        object.__setattr__(self, "_known", _Known())

    def send(self, message: Outbound, now: datetime) -> Outcome:
        """One mail to the customer, one to colleagues; each under a Message-ID that is the same at every attempt."""
        turn = Turn(SEND_S)
        try:
            with self._mailbox(turn) as box:
                thread = self._thread(box, message.ticket)
                if not thread:
                    return Rejected(f"the mail that opened ticket {message.ticket} is no longer in {self.folder}")
                mails = self._written(message, thread, now)
                new = [mail for mail in mails if not (message.repeated and self._was_sent(box, mail))]
                problem = self._over_smtp(box, new)
                if problem is not None:
                    return problem
        except SetUpBadly as error:
            return Postponed(f"the mailbox cannot be reached: {error}", fault=True)
        except BROKEN as error:
            return Postponed(f"the mailbox cannot be reached: {error}")
        return Sent(", ".join(mail["Message-ID"] for mail in mails) or "nothing for the customer in it")

    def poll(self, cursor: str | None) -> Polled:
        """What reached the mailbox above the cursor and the fifty before it; all of it when it was made anew."""
        with self._reading() as box:
            self._refresh(box)
        known = self._known
        seen = json.loads(cursor) if cursor else {"validity": known.validity, "uid": known.highest}
        floor = int(seen["uid"]) - OVERLAP if int(seen["validity"]) == known.validity else 0
        fresh = sorted((head for head in known.heads.values() if head.uid > floor), key=lambda head: head.uid)
        pokes = tuple(Poke(self._ticket(head), head.id) for head in fresh if self._is_news(head))
        return Polled(pokes, json.dumps({"validity": known.validity, "uid": known.highest}))

    def read(self, ticket: str, known: Collection[str]) -> Snapshot | None:
        """The ticket with the texts of those mails that are not known."""
        with self._reading() as box:
            thread = self._thread(box, ticket)
            new = [head for head in thread if head.id not in known]
            mails = {head.uid: mail for head in new if (mail := self._whole(box, head.uid)) is not None}
        if not thread or (new and not mails):
            return None
        opening = thread[0]
        return Snapshot(
            ticket=ticket,
            subject=opening.subject or "(no subject)",
            url=None,
            channel="email",
            opened_at=opening.at,
            closed=False,
            entries=tuple(self._entry(head, mails[head.uid], ticket) for head in new if head.uid in mails),
        )

    def active(self) -> Sequence[str]:
        """Every ticket whose mails lie in the mailbox and are not older than ninety days."""
        with self._reading() as box:
            self._refresh(box)
        heads = sorted(self._known.heads.values(), key=lambda head: head.uid)
        return list(dict.fromkeys(self._ticket(head) for head in heads if self._is_news(head)))

    def faults(self) -> list[str]:
        """Whether the mailbox opens and the other server takes our name; the sentences say what to do."""
        found = []
        try:
            with self._mailbox(Turn(SEND_S)) as box:
                if self.sent_folder and not box.folder.exists(self.sent_folder):
                    found.append(f"The mailbox of {self.user} needs a folder {self.sent_folder}.")
        except BROKEN as error:
            found.append(f"The mailbox of {self.user} does not open: {error}.")
        try:
            with self._postman(Turn(SEND_S)):
                pass
        except OSError as error:
            found.append(f"The server for outgoing mail does not take {self.user}: {error}.")
        return found

    def open_lines(self) -> list[str]:
        """The mail servers that are spoken to without TLS, and are not on this machine."""
        plain = [one for one in (self._imap, self._smtp) if one.safety == "plain" and not is_this_machine(one.host)]
        return [one.place for one in plain]

    def wait(self, within_s: float) -> bool:
        """Whether new mail is told within that time (IDLE); the line is kept open from one call to the next."""
        known, began = self._known, time.monotonic()
        try:
            if known.line is None:
                known.line, known.since = self._open(Turn(LINE_S)), began
                _idle(known.line, on=True)
                return True  # what came while nobody listened
            known.line.turn.renew()
            told = known.line.idle.poll(timeout=within_s)
            if not told and time.monotonic() - began < within_s / 2:
                raise OSError("the line was closed")
            if told or began - known.since > RENEW_S:
                _idle(known.line, on=False)
                _idle(known.line, on=True)
                known.since = began
            return any(b"EXISTS" in one for one in told)
        except BROKEN as error:
            log.info("%s: waiting for mail: %s", self.user, error)
            self.hang_up()
            time.sleep(within_s)
            return False

    def hang_up(self) -> None:
        """Close the line on which it waits."""
        line, self._known.line = self._known.line, None
        if line is not None:
            line.hang_up()

    def _ticket(self, head: Head) -> str:
        return ticket_of(head, self._known.heads, self._tokens)

    def _is_news(self, head: Head) -> bool:
        """Not our own, and no machine's word about nothing: that stays in the mailbox and opens no ticket."""
        ours = head.sender in {self.address.lower(), (self.colleagues or self.address).lower()}
        return not ours and not (head.by_machine and self._ticket(head) == number_of(head.id))

    def _thread(self, box: Box, ticket: str) -> list[Head]:
        """The mails of a ticket, the opening first; empty when that is not there."""
        self._refresh(box)
        heads = [
            head for head in list(self._known.heads.values()) if self._is_news(head) and self._ticket(head) == ticket
        ]
        heads.sort(key=lambda head: (number_of(head.id) != ticket, head.uid))
        return heads if heads and number_of(heads[0].id) == ticket else []

    def _refresh(self, box: Box) -> None:
        """Read the heads of what is new in the mailbox since this process looked last."""
        known, now = self._known, datetime.now(UTC)
        if not known.guard.acquire(timeout=box.turn.step(READ_S)):
            raise TimeoutError("others were reading the mailbox all the time")
        try:
            validity = int(box.folder.status(self.folder, ["UIDVALIDITY"])["UIDVALIDITY"])
            if validity != known.validity:
                known.validity, known.heads, known.highest = validity, {}, 0
            wanted = AND(uid=f"{known.highest + 1}:*") if known.highest else AND(date_gte=(now - LOOK_BACK).date())
            for mail in box.fetch(wanted, mark_seen=False, headers_only=True, bulk=100):
                head = head_of(mail, validity, self.authority, now)
                if head.uid > known.highest:
                    known.heads.setdefault(head.id, head)
                    known.highest = head.uid
        finally:
            known.guard.release()

    def _whole(self, box: Box, uid: int) -> MailMessage | None:
        """The beginning of a mail, long enough for all that a person writes; None when it is no longer there."""
        _, found = box.client.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{MOST_BYTES}> UID)")
        parts = [one for one in found if isinstance(one, tuple)]
        return MailMessage(parts) if parts else None

    def _entry(self, head: Head, mail: MailMessage, ticket: str) -> Entry:
        kind = EntryKind.OPENED if number_of(head.id) == ticket else EntryKind.CUSTOMER
        by = head.sender if head.vouched else f"{head.sender or 'nobody'} (address not confirmed)"
        return Entry(head.id, EntryKind.NOTE if head.by_machine else kind, head.at, by, words_of(mail))

    def _written(self, message: Outbound, thread: Sequence[Head], now: datetime) -> list[EmailMessage]:
        texts = {"public": (message.public, thread[0].answer_to), "internal": (message.internal, self.colleagues)}
        token = self._tokens.of(message.ticket)
        return [
            written(
                Letter(self.address, to, token, f"{message.id}.{part}", part == "public"), text, thread, message, now
            )
            for part, (text, to) in texts.items()
            if text and to
        ]

    def _was_sent(self, box: Box, mail: EmailMessage) -> bool:
        if not self.sent_folder or not box.folder.exists(self.sent_folder):
            return False
        box.folder.set(self.sent_folder, readonly=True)
        try:
            return bool(box.uids(f'HEADER "Message-ID" "{mail["Message-ID"]}"'))
        finally:
            box.folder.set(self.folder, readonly=True)

    def _keep(self, box: Box, mail: EmailMessage) -> None:
        """A copy among the sent ones; it is out already, so a mailbox that takes none is only noted."""
        try:
            if self.sent_folder:
                box.append(bytes(mail), self.sent_folder, flag_set=["\\Seen"])
        except BROKEN as error:
            log.warning("a sent mail is not kept in %s: %s", self.sent_folder, error)

    def _over_smtp(self, box: Box, mails: Sequence[EmailMessage]) -> Outcome | None:
        """None when the other server has them all."""
        try:
            if mails:
                with self._postman(box.turn) as postman:
                    for mail in mails:
                        postman.send_message(mail)
                        self._keep(box, mail)
        except OSError as error:
            return verdict(error)
        return None

    @contextlib.contextmanager
    def _postman(self, turn: Turn) -> Iterator[Postman]:
        postman = Postman(self._smtp, turn)
        try:
            if self._smtp.wants_name:
                postman.login(self.user, self.password)
            yield postman
        finally:
            postman.leave()

    def _open(self, turn: Turn) -> Box:
        box = Box(self._imap, turn)
        try:
            return box.login(self.user, self.password, initial_folder=self.folder)
        except BROKEN:
            box.hang_up()
            raise

    @contextlib.contextmanager
    def _mailbox(self, turn: Turn) -> Iterator[Box]:
        box = self._open(turn)
        try:
            box.folder.set(self.folder, readonly=True)
            yield box
        finally:
            box.close()

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Box]:
        try:
            with self._mailbox(Turn(READ_S)) as box:
                yield box
        except SetUpBadly as error:
            raise Faulty("ticket_system", f"The mailbox of {self.user}: {error}.") from error
        except BROKEN as error:
            raise Unavailable("ticket_system", f"The mailbox of {self.user}: {error}") from error


def _idle(line: Box, *, on: bool) -> None:
    (line.idle.start if on else line.idle.stop)()  # type: ignore[no-untyped-call]  # the library does not say


SYSTEM = Email
