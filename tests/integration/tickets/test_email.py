"""A real mailbox (Dovecot) and a real SMTP server: mail in, mail out, none lost, no stranger in a customer's ticket."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from app.core.database import transaction
from app.core.errors import Invalid
from app.tickets import intake, queries
from app.tickets.system import Outbound, Outcome, Postponed, Rejected, Sent
from app.tickets.systems._mail import UNFOLDED
from app.tickets.systems.email import Email
from app.tickets.tasks import listen, poll
from lab.mail_servers import PASSWORD, USER, Imap, Smtp
from tests.integration.tickets.workers import SECRET
from tests.waiting import wait_until

CARLA = "carla@client.test"


@pytest.fixture
def system(imap: Imap, smtp: tuple[str, Smtp]) -> Iterator[Email]:
    made = email(imap, smtp[0])
    yield made
    made.hang_up()


def email(imap: Imap, smtp_url: str, **settings: Any) -> Email:
    return Email(
        address=USER, imap=imap.url, smtp=smtp_url, user=USER, password=PASSWORD, token_secret=SECRET, **settings
    )


def mail(
    words: str, number: str = "1", *, sender: str = CARLA, to: str = USER, attached: int = 0, **headers: str
) -> bytes:
    made = EmailMessage(UNFOLDED)
    made["From"], made["To"], made["Message-ID"] = f"Carla <{sender}>", to, f"<m{number}@client.test>"
    made["Subject"], made["Date"] = "Disk failed", datetime.now(UTC)
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(words)
    if attached:
        made.add_attachment(bytes(attached), maintype="image", subtype="jpeg", filename="photo.jpeg")
    return bytes(made)


def message(ticket: str, **changes: Any) -> Outbound:
    whole: dict[str, Any] = {
        "id": uuid4(), "seq": 1, "kind": "booked", "subject": "WO-2026-000001", "integration": "email",
        "ticket": ticket, "ticket_url": None, "channel": "email", "public": "It is booked. ✓", "internal": "Rack 7",
        "created_at": datetime.now(UTC),
    }  # fmt: skip
    return Outbound(**{**whole, **changes})


def send(system: Email, told: Outbound) -> Outcome:
    return system.send(told, datetime.now(UTC))


def kept() -> list[tuple[str, list[tuple[str, str]]]]:
    """The tickets that came in, in their order, with their entries."""
    with transaction() as session:
        tickets = [one.id for one in queries.awaiting_word(session)]
        return [
            (str(number), [(one.kind, one.text) for one in queries.entries(session, number)])
            for number in sorted(tickets)
        ]


def ticket_of(system: Email) -> str:
    [one] = system.active()
    return one


def test_a_mail_opens_a_ticket_and_the_answer_to_our_answer_comes_into_the_same_one(
    app: Flask, use: Callable[..., None], imap: Imap, smtp: tuple[str, Smtp], system: Email
) -> None:
    use(email=system)
    poll(integration="email")
    imap.deliver(mail("The second disk beeps."))
    poll(integration="email")
    assert isinstance(send(system, message(ticket_of(system))), Sent)
    [answer] = smtp[1].taken
    assert (answer["To"], answer["Subject"], answer["In-Reply-To"]) == (CARLA, "Re: Disk failed", "<m1@client.test>")
    assert answer.get_content().strip() == "It is booked. ✓"
    assert answer["Auto-Submitted"] == "auto-generated"
    assert "Rack 7" not in str(answer)
    imap.deliver(mail("> It is booked.\nThank you!", "2", to=answer["Reply-To"]))
    imap.deliver(mail("And thanks again.", "3", References=answer["Message-ID"]))
    imap.deliver(mail("One more thing.", "4", In_Reply_To="<m1@client.test>"))
    poll(integration="email")
    [(_, entries)] = kept()
    assert entries == [
        ("opened", "The second disk beeps."),
        ("customer", "Thank you!"),
        ("customer", "And thanks again."),
        ("customer", "One more thing."),
    ]
    with imap.opened() as box:
        assert all("\\Seen" not in one.flags for one in box.fetch(mark_seen=False))


def test_a_stranger_comes_into_no_ticket_by_a_forged_address_nor_by_naming_its_mails(
    imap: Imap, smtp: tuple[str, Smtp], system: Email
) -> None:
    imap.deliver(mail("Mine."))
    own = ticket_of(system)
    send(system, message(own))
    forged = smtp[1].taken[0]["Reply-To"].replace(f"{own}-", f"{own}-a", 1)[:-1]
    imap.deliver(mail("Power it off!", "2", sender="mallory@evil.test", to=f"support+{own}-{'a' * 16}@rackside.test"))
    imap.deliver(mail("Power it off!", "3", sender="mallory@evil.test", to=forged))
    imap.deliver(mail("Power it off!", "4", sender="mallory@evil.test", In_Reply_To="<m1@client.test>"))
    assert len(system.active()) == 4
    seen = system.read(own, ())
    assert seen is not None
    assert [one.text for one in seen.entries] == ["Mine."]


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"List_Id": "<news.client.test>"},
        {"Return_Path": "<>"},
        {"sender": USER},
    ],
)
def test_a_machines_mail_opens_no_ticket_and_in_one_it_is_a_note(
    imap: Imap, smtp: tuple[str, Smtp], system: Email, headers: dict[str, Any]
) -> None:
    imap.deliver(mail("I am on holiday.", "9", **headers))
    assert system.active() == []
    imap.deliver(mail("It beeps."))
    own = ticket_of(system)
    send(system, message(own))
    imap.deliver(mail("I am on holiday.", "10", **{"to": smtp[1].taken[0]["Reply-To"], **headers}))
    seen = system.read(own, ())
    assert seen is not None
    assert [one.kind for one in seen.entries][1:] == ([] if "sender" in headers else ["note"])


def test_an_address_is_believed_only_when_our_own_mail_server_vouches_for_it(
    imap: Imap, smtp: tuple[str, Smtp]
) -> None:
    system = email(imap, smtp[0], authority="mx.rackside.test")
    imap.deliver(mail("a", "1", Authentication_Results="mx.rackside.test; dmarc=pass header.from=client.test"))
    imap.deliver(mail("b", "2", Authentication_Results="mx.evil.test; dmarc=pass header.from=client.test"))
    imap.deliver(mail("c", "3"))
    by = [seen.entries[0].by for one in system.active() if (seen := system.read(one, ()))]
    assert by == [CARLA, f"{CARLA} (address not confirmed)", f"{CARLA} (address not confirmed)"]


def test_new_mail_is_told_at_once_and_again_after_the_mailbox_was_away(
    app: Flask, use: Callable[..., None], imap: Imap, system: Email
) -> None:
    use(email=system)
    listen("email", system)
    began = time.monotonic()
    assert not system.wait(0.2)
    imap.deliver(mail("It beeps."))
    assert system.wait(5)
    assert time.monotonic() - began < 4
    imap.stop_only()
    assert not system.wait(0.5)
    imap.start_again()
    imap.deliver(mail("It beeps again.", "2"))
    wait_until(lambda: system.wait(0.5), within_s=20)


def test_what_the_other_server_refuses_for_now_or_for_good_is_told_apart(
    imap: Imap, smtp: tuple[str, Smtp], system: Email
) -> None:
    imap.deliver(mail("It beeps."))
    own = ticket_of(system)
    smtp[1].answers = ["451 come back later", "552 never"]
    assert send(system, message(own)) == Postponed("the server for outgoing mail said 451")
    assert send(system, message(own)) == Rejected("the server for outgoing mail said 552")
    assert isinstance(send(system, message("nobodys-ticket")), Rejected)
    gone = send(email(imap, "smtp://127.0.0.1:1"), message(own))
    assert isinstance(gone, Postponed)


def test_a_mail_whose_end_is_unknown_goes_again_under_the_same_id_and_one_that_is_known_to_be_out_does_not(
    imap: Imap, smtp: tuple[str, Smtp]
) -> None:
    system = email(imap, smtp[0], colleagues="team@rackside.test")
    imap.deliver(mail("It beeps."))
    told = message(ticket_of(system))
    smtp[1].answers = ["", "cut"]
    assert isinstance(send(system, told), Postponed)
    assert isinstance(send(system, replace(told, repeated=True)), Sent)
    ids = [one["Message-ID"] for one in smtp[1].taken]
    assert [one["To"] for one in smtp[1].taken] == [CARLA, "team@rackside.test", "team@rackside.test"]
    assert ids[1] == ids[2] != ids[0]
    assert isinstance(send(system, replace(told, repeated=True)), Sent)
    assert len(smtp[1].taken) == 3


def test_a_mailbox_that_is_made_anew_is_read_anew_and_doubles_nothing(
    app: Flask, use: Callable[..., None], imap: Imap, system: Email
) -> None:
    use(email=system)
    poll(integration="email")
    imap.deliver(mail("It beeps."))
    poll(integration="email")
    before = kept()
    with imap.opened("Sent") as box:
        box.folder.create("Aside")
        box.folder.set("INBOX")
        box.move(box.uids(), "Aside")
    imap.deliver(mail("Another.", "2"))
    with imap.opened("Aside") as box:
        box.move(box.uids(), "INBOX")
    object.__setattr__(system, "_known", type(system._known)())  # another process
    with transaction() as session:
        intake.owe(session, "email", (), cursor='{"validity": 1, "uid": 99999}')
    poll(integration="email")
    assert [entries for _, entries in kept()] == [*(entries for _, entries in before), [("opened", "Another.")]]


@pytest.mark.parametrize(
    "settings",
    [
        {"imap": "imap+plain://mail.example.com"},
        {"smtp": "http://x"},
        {"address": "support"},
        {"imap": "imaps://me:pw@host"},
    ],
)
def test_a_wrong_setting_stops_the_start_and_shows_no_secret(settings: dict[str, str]) -> None:
    good: dict[str, Any] = {
        "address": USER, "imap": "imaps://mail.example.com", "smtp": "smtps://mail.example.com", "user": USER,
        "password": PASSWORD, "token_secret": SECRET,
    }  # fmt: skip
    assert PASSWORD not in repr(Email(**good))
    with pytest.raises(Invalid):
        Email(**{**good, **settings})


def test_what_is_set_up_wrong_is_said(imap: Imap, smtp: tuple[str, Smtp]) -> None:
    assert email(imap, smtp[0]).faults() == []
    assert "needs a folder Nowhere" in email(imap, smtp[0], sent_folder="Nowhere").faults()[0]
    assert "does not take" in email(imap, "smtp://127.0.0.1:1").faults()[0]
