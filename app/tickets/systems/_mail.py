"""What a mail is about: which ticket, from whom, written by a person or a machine. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parsedate_to_datetime
from typing import Final

from imap_tools import MailMessage

from app.tickets.rules.plain import of_html, tidy
from app.tickets.system import Outbound

PART: Final = 16
_TOKEN: Final = re.compile(rf"(?<![a-z2-7])([a-z2-7]{{{PART}}})-([a-z2-7]{{{PART}}})(?![a-z2-7])")
_IDS: Final = re.compile(r"<([^<>\s]{1,900})>")
MALFORMED: Final = (ValueError, LookupError, TypeError, AttributeError)
"""What the parsers of the standard library raise over headers that break every rule."""
UNFOLDED: Final = SMTP.clone(max_line_length=900, cte_type="7bit")  # a folded Message-ID is answered with another one
PERSONS: Final = frozenset({"reply", "remark", "answered"})  # all else is written by the product itself


@dataclass(frozen=True, slots=True)
class Head:
    """One mail without its body. `id` is its Message-ID; `said` what it answers, oldest first; `at` when it reached us.

    `by_machine`: a vacation notice, a list, a report that a mail could not be delivered. `vouched`: our own mail
    server says that it comes from where it says.
    """

    uid: int
    id: str
    said: tuple[str, ...]
    to: str
    sender: str
    answer_to: str
    subject: str
    at: datetime
    by_machine: bool
    vouched: bool


@dataclass(frozen=True, slots=True)
class Tokens:
    """Signs the tickets' numbers that stand in reply addresses and in our own Message-IDs."""

    key: bytes

    def of(self, ticket: str) -> str:
        """The ticket's number with its signature, fit for the left part of an address."""
        return f"{ticket}-{_letters(hmac.digest(self.key, ticket.encode(), 'sha256'))}"

    def ticket_in(self, text: str) -> str | None:
        """The first ticket in `text` that we signed. Constant time for each."""
        for ticket, signature in _TOKEN.findall(text.lower()):
            if hmac.compare_digest(self.of(ticket), f"{ticket}-{signature}"):
                return str(ticket)
        return None


@dataclass(frozen=True, slots=True)
class Letter:
    """From whom, to whom, for which ticket, under which number; to the customer or to colleagues."""

    address: str
    to: str
    token: str
    number: str
    public: bool


def written(letter: Letter, text: str, thread: Sequence[Head], about: Outbound, now: datetime) -> EmailMessage:
    """The mail, in the thread of the customer's own; the same Message-ID at every attempt."""
    left, _, domain = letter.address.partition("@")
    mail = EmailMessage(UNFOLDED)
    mail["From"], mail["To"], mail["Date"] = letter.address, letter.to, now
    mail["Reply-To"] = f"{left}+{letter.token}@{domain}" if letter.public else letter.address
    subject = thread[0].subject
    mail["Subject"] = (subject if subject.lower().startswith("re:") else f"Re: {subject}") if subject else about.subject
    mail["Message-ID"] = f"<{letter.token}.{letter.number}@{domain}>"
    if letter.public:
        mail["In-Reply-To"] = f"<{thread[-1].id}>"
        mail["References"] = " ".join(f"<{head.id}>" for head in dict.fromkeys((thread[0], thread[-1])))
    if about.kind not in PERSONS:
        mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text)
    return mail


def number_of(message_id: str) -> str:
    """The number of the ticket that the mail of this Message-ID opens."""
    return _letters(hashlib.sha256(message_id.encode(errors="replace")).digest())


def ticket_of(head: Head, known: Mapping[str, Head], tokens: Tokens) -> str:
    """The ticket that a mail belongs to, `known` being the mails of the mailbox by Message-ID.

    By our signature in its address or in what it answers; else that of what it answers of the same sender; else it
    opens one.
    """
    while (signed := tokens.ticket_in(" ".join((head.to, *head.said)))) is None:
        earlier = (known[one] for one in head.said if one in known)
        before = next((one for one in earlier if one.sender == head.sender and one.uid < head.uid), None)
        if before is None:
            return number_of(head.id)
        head = before
    return signed


def head_of(mail: MailMessage, validity: int, authority: str | None, now: datetime) -> Head:
    """What a mail says of itself; one that breaks every rule is still a mail, from nobody."""
    uid = int(mail.uid or 0)
    try:
        headers: Mapping[str, tuple[str, ...]] = mail.headers
        ids = _IDS.findall(" ".join(headers.get("message-id", ())))
        said = _IDS.findall(" ".join([*headers.get("references", ()), *headers.get("in-reply-to", ())]))
        sender = (mail.from_ or "").lower()
        answer_to = mail.reply_to[0] if mail.reply_to else sender
        to = " ".join(
            v for n in ("to", "cc", "delivered-to", "x-original-to", "envelope-to") for v in headers.get(n, ())
        )
        return Head(
            uid, ids[0] if ids else f"uid.{validity}.{uid}", tuple(dict.fromkeys(said)), to, sender, answer_to,
            " ".join((mail.subject or "").split()), _reached_us(headers, now), _is_by_machine(headers),
            _is_vouched(headers, authority),
        )  # fmt: skip
    except MALFORMED:
        return Head(uid, f"uid.{validity}.{uid}", (), "", "", "", "(a mail that cannot be read)", now, True, False)


def words_of(mail: MailMessage) -> str:
    """What a person wrote in it, without what it quotes; files are left alone."""
    try:
        text = tidy(mail.text) or of_html(mail.html)
    except MALFORMED:
        return ""
    own = [line for line in text.splitlines() if not line.lstrip().startswith(">")]
    return tidy("\n".join(own)) or text


def _is_by_machine(headers: Mapping[str, tuple[str, ...]]) -> bool:
    automatic = " ".join(headers.get("auto-submitted", ("no",))).strip().lower()
    report = any("multipart/report" in value.lower() for value in headers.get("content-type", ()))
    bulk = any(value.strip().lower() in {"bulk", "junk", "list"} for value in headers.get("precedence", ()))
    nobody = any(value.strip() == "<>" for value in headers.get("return-path", ()))
    return not automatic.startswith("no") or report or bulk or nobody or "list-id" in headers


def _is_vouched(headers: Mapping[str, tuple[str, ...]], authority: str | None) -> bool:
    """Only the topmost verdict of our own mail server counts: anybody can write the others."""
    verdicts = headers.get("authentication-results", ())
    if authority is None or not verdicts:
        return False
    name, _, verdict = verdicts[0].partition(";")
    return name.strip().lower() == authority.lower() and re.search(r"\bdmarc\s*=\s*pass\b", verdict) is not None


def _reached_us(headers: Mapping[str, tuple[str, ...]], now: datetime) -> datetime:
    """By our own server's stamp; the sender's date may say anything. Never later than now."""
    for stamp in [one.rpartition(";")[2] for one in headers.get("received", ())[:1]] + list(headers.get("date", ())):
        try:
            at = parsedate_to_datetime(stamp.strip())
        except MALFORMED:
            continue
        return min(at if at.tzinfo else at.replace(tzinfo=UTC), now)
    return now


def _letters(digest: bytes) -> str:
    return base64.b32encode(digest).decode().lower()[:PART]
