"""Which ticket a mail belongs to, and mails that break every rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from imap_tools import MailMessage

from app.tickets.systems._mail import Head, Tokens, head_of, number_of, ticket_of, words_of

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
TOKENS = Tokens(b"k" * 32)
FIRST = Head(1, "a@x", (), "support@x", "carla@x", "carla@x", "Disk", NOW, by_machine=False, vouched=False)


def mail(raw: bytes) -> MailMessage:
    return MailMessage([(b"1 (UID 7 RFC822 {1}", raw)])


def test_a_long_thread_without_our_signature_leads_to_its_beginning() -> None:
    thread = {"0@x": replace(FIRST, uid=0, id="0@x")}
    for n in range(1, 2000):
        thread[f"{n}@x"] = replace(FIRST, uid=n, id=f"{n}@x", said=(f"{n - 1}@x",))
    assert ticket_of(thread["1999@x"], thread, TOKENS) == number_of("0@x")


def test_mails_that_answer_each_other_in_a_ring_end() -> None:
    ring = {"a@x": replace(FIRST, said=("b@x",)), "b@x": replace(FIRST, id="b@x", uid=2, said=("a@x",))}
    assert ticket_of(ring["b@x"], ring, TOKENS) == number_of("a@x")


def test_only_our_own_signature_counts() -> None:
    own = TOKENS.of(number_of("a@x"))
    assert TOKENS.ticket_in(f"support+{own}@x") == number_of("a@x")
    assert TOKENS.ticket_in(f"support+{own.upper()}@x") == number_of("a@x")
    assert Tokens(b"o" * 32).ticket_in(f"support+{own}@x") is None
    assert TOKENS.ticket_in(f"support+{own[:-1]}{'a' if own[-1] != 'a' else 'b'}@x") is None


def test_a_mail_counts_from_when_it_reached_us_and_never_from_the_future() -> None:
    stamp = "Mon, 30 Nov 2026 08:59:00 +0000"
    raw = f"Received: from a by b; {stamp}\r\nDate: Mon, 1 Jan 2001 00:00:00 +0000\r\n\r\nx".encode()
    assert head_of(mail(raw), 1, None, NOW).at == NOW - timedelta(minutes=1)
    assert head_of(mail(b"Date: Mon, 1 Jan 2090 00:00:00 +0000\r\n\r\nx"), 1, None, NOW).at == NOW
    assert head_of(mail(b"Date: yesterday\r\n\r\nx"), 1, None, NOW).at == NOW


HEADERS = st.sampled_from([b"From", b"To", b"Subject", b"Date", b"Message-ID", b"References", b"Reply-To", b"Received",
                           b"Content-Type", b"Content-Transfer-Encoding", b"Authentication-Results"])  # fmt: skip


@given(st.lists(st.tuples(HEADERS, st.binary(max_size=60))), st.binary(max_size=200))
def test_any_bytes_at_all_are_a_mail(headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    raw = b"".join(name + b": " + value + b"\r\n" for name, value in headers) + b"\r\n" + body
    head = head_of(mail(raw), 5, "mx", NOW)
    assert head.id
    assert head.at <= NOW
    assert isinstance(words_of(mail(raw)), str)
