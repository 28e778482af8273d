"""E-mail: a mailbox over IMAP for what comes in, SMTP for what goes out. A mail that answers nothing opens a ticket.

Nothing in the mailbox is changed, moved or marked: what was read is known by its number there, and read again when in
doubt. Which ticket an answer belongs to stands, signed, in the reply address and in our Message-IDs.
"""

from __future__ import annotations

import contextlib
import imaplib
import json
import logging
import smtplib
import ssl
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import ClassVar, Final
from urllib.parse import urlsplit

from imap_tools import AND, BaseMailBox, ImapToolsError, MailBox, MailBoxUnencrypted, MailMessage

from app.core.errors import Invalid, Unavailable
from app.core.signing import key_of
from app.tickets.calls import is_this_machine
from app.tickets.system import (
    Capability,
    Entry,
    EntryKind,
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

log = logging.getLogger(__name__)

STEP_S: Final = 5.0
LOOK_BACK: Final = timedelta(days=90)
OVERLAP: Final = 50
RENEW_S: Final = 540.0  # an IDLE of half an hour is cut by servers
BROKEN: Final = (OSError, ImapToolsError, imaplib.IMAP4.error)


@dataclass(slots=True)
class _Known:
    """The mailbox as far as this process has read it, and the line on which it waits for more."""

    guard: threading.Lock = field(default_factory=threading.Lock)
    validity: int = 0
    heads: dict[str, Head] = field(default_factory=dict)
    highest: int = 0
    line: BaseMailBox | None = None
    since: float = 0.0


@dataclass(frozen=True, slots=True)
class Email:
    """One mailbox of customers' mail at `imap` (imaps://host), answered from `address` over `smtp` (smtps:// or smtp://).

    Plain imap:// is taken to this machine only; smtp:// to another machine must offer STARTTLS. `token_secret` signs
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
    _tokens: Tokens = field(init=False, repr=False, compare=False)
    _known: _Known = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for one in (self.address, self.colleagues or self.address):
            left, _, domain = one.partition("@")
            if not left or not domain or any(c in one for c in ' "<>,;\r\n'):
                raise Invalid("invalid", "address and colleagues must be addresses as support@example.com")
        for name, schemes in (("imap", {"imap", "imaps"}), ("smtp", {"smtp", "smtps"})):
            where = urlsplit(getattr(self, name))
            if where.scheme not in schemes or not where.hostname or where.username or where.path:
                raise Invalid(
                    "invalid", f"{name} must be {name}s://host or {name}s://host:port, without name or password"
                )
        where = urlsplit(self.imap)
        if where.scheme == "imap" and not is_this_machine(where.hostname or ""):
            raise Invalid("invalid", "imap must be imaps:// to another machine")
        object.__setattr__(self, "_tokens", Tokens(key_of(self.token_secret)))
        object.__setattr__(self, "_known", _Known())

    def send(self, message: Outbound, now: datetime) -> Outcome:
        """One mail to the customer, one to colleagues; each under a Message-ID that is the same at every attempt."""
        try:
            with self._mailbox() as box:
                thread = self._thread(box, message.ticket)
                if not thread:
                    return Rejected(f"the mail that opened ticket {message.ticket} is no longer in {self.folder}")
                mails = self._written(message, thread, now)
                new = [mail for mail in mails if not (message.repeated and self._was_sent(box, mail))]
                problem = self._over_smtp(box, new)
                if problem is not None:
                    return problem
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
            with self._mailbox() as box:
                if self.sent_folder and not box.folder.exists(self.sent_folder):
                    found.append(f"The mailbox of {self.user} needs a folder {self.sent_folder}.")
        except BROKEN as error:
            found.append(f"The mailbox of {self.user} does not open: {error}.")
        try:
            with self._postman():
                pass
        except (OSError, smtplib.SMTPException) as error:
            found.append(f"The server for outgoing mail does not take {self.user}: {error}.")
        return found

    def wait(self, within_s: float) -> bool:
        """Whether new mail is told within that time (IDLE); the line is kept open from one call to the next."""
        known, began = self._known, time.monotonic()
        try:
            if known.line is None:
                known.line, known.since = self._open(), began
                _idle(known.line, on=True)
                return True  # what came while nobody listened
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
            with contextlib.suppress(OSError):
                line.client.shutdown()

    def _ticket(self, head: Head) -> str:
        return ticket_of(head, self._known.heads, self._tokens)

    def _is_news(self, head: Head) -> bool:
        """Not our own, and no machine's word about nothing: that stays in the mailbox and opens no ticket."""
        ours = head.sender in {self.address.lower(), (self.colleagues or self.address).lower()}
        return not ours and not (head.by_machine and self._ticket(head) == number_of(head.id))

    def _thread(self, box: BaseMailBox, ticket: str) -> list[Head]:
        """The mails of a ticket, the opening first; empty when that is not there."""
        self._refresh(box)
        heads = [
            head for head in list(self._known.heads.values()) if self._is_news(head) and self._ticket(head) == ticket
        ]
        heads.sort(key=lambda head: (number_of(head.id) != ticket, head.uid))
        return heads if heads and number_of(heads[0].id) == ticket else []

    def _refresh(self, box: BaseMailBox) -> None:
        """Read the heads of what is new in the mailbox since this process looked last."""
        known, now = self._known, datetime.now(UTC)
        with known.guard:
            validity = int(box.folder.status(self.folder, ["UIDVALIDITY"])["UIDVALIDITY"])
            if validity != known.validity:
                known.validity, known.heads, known.highest = validity, {}, 0
            wanted = AND(uid=f"{known.highest + 1}:*") if known.highest else AND(date_gte=(now - LOOK_BACK).date())
            for mail in box.fetch(wanted, mark_seen=False, headers_only=True, bulk=100):
                head = head_of(mail, validity, self.authority, now)
                if head.uid > known.highest:
                    known.heads.setdefault(head.id, head)
                    known.highest = head.uid

    def _whole(self, box: BaseMailBox, uid: int) -> MailMessage | None:
        return next(iter(box.fetch(AND(uid=str(uid)), mark_seen=False)), None)

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

    def _was_sent(self, box: BaseMailBox, mail: EmailMessage) -> bool:
        if not self.sent_folder or not box.folder.exists(self.sent_folder):
            return False
        box.folder.set(self.sent_folder, readonly=True)
        try:
            return bool(box.uids(f'HEADER "Message-ID" "{mail["Message-ID"]}"'))
        finally:
            box.folder.set(self.folder, readonly=True)

    def _keep(self, box: BaseMailBox, mail: EmailMessage) -> None:
        """A copy among the sent ones; it is out already, so a mailbox that takes none is only noted."""
        try:
            if self.sent_folder:
                box.append(bytes(mail), self.sent_folder, flag_set=["\\Seen"])
        except BROKEN as error:
            log.warning("a sent mail is not kept in %s: %s", self.sent_folder, error)

    def _over_smtp(self, box: BaseMailBox, mails: Sequence[EmailMessage]) -> Outcome | None:
        """None when the other server has them all."""
        try:
            if mails:
                with self._postman() as postman:
                    for mail in mails:
                        postman.send_message(mail)
                        self._keep(box, mail)
        except smtplib.SMTPRecipientsRefused as refused:
            codes = [code for code, _ in refused.recipients.values()]
            said = f"the address is refused: {', '.join(map(str, codes))}"
            return Rejected(said) if all(code >= 500 for code in codes) else Postponed(said)
        except smtplib.SMTPAuthenticationError as error:
            return Postponed(f"the server for outgoing mail does not take {self.user}: {error.smtp_code}")
        except smtplib.SMTPResponseException as error:
            said = f"the server for outgoing mail said {error.smtp_code}"
            return Rejected(said) if error.smtp_code >= 500 else Postponed(said)
        except (OSError, smtplib.SMTPException) as error:
            return Postponed(f"outgoing mail: {error or type(error).__name__}; it may have arrived")
        return None

    @contextlib.contextmanager
    def _postman(self) -> Iterator[smtplib.SMTP]:
        where = urlsplit(self.smtp)
        host = where.hostname or ""
        if where.scheme == "smtps":
            context = ssl.create_default_context()
            postman: smtplib.SMTP = smtplib.SMTP_SSL(host, where.port or 465, timeout=STEP_S, context=context)
        else:
            postman = smtplib.SMTP(host, where.port or 587, timeout=STEP_S)
        with postman:
            if where.scheme == "smtp" and not is_this_machine(host):
                postman.starttls(context=ssl.create_default_context())
            if where.scheme == "smtps" or not is_this_machine(host):
                postman.login(self.user, self.password)
            yield postman

    def _open(self) -> BaseMailBox:
        where = urlsplit(self.imap)
        if where.scheme == "imaps":
            context = ssl.create_default_context()
            box: BaseMailBox = MailBox(where.hostname or "", where.port or 993, timeout=STEP_S, ssl_context=context)
        else:
            box = MailBoxUnencrypted(where.hostname or "", where.port or 143, timeout=STEP_S)
        return box.login(self.user, self.password, initial_folder=self.folder)

    @contextlib.contextmanager
    def _mailbox(self) -> Iterator[BaseMailBox]:
        with self._open() as box:
            box.folder.set(self.folder, readonly=True)
            yield box

    @contextlib.contextmanager
    def _reading(self) -> Iterator[BaseMailBox]:
        try:
            with self._mailbox() as box:
                yield box
        except BROKEN as error:
            raise Unavailable("ticket_system", f"The mailbox of {self.user}: {error}") from error


def _idle(line: BaseMailBox, *, on: bool) -> None:
    (line.idle.start if on else line.idle.stop)()  # type: ignore[no-untyped-call]  # the library does not say


SYSTEM = Email
