"""Messages in the customer's language, in words that a manager may edit and never break."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.core.clock import true_now
from app.core.database import transaction
from app.core.language import Language
from app.jobs.models import MessageWording
from app.tickets import integrations
from app.tickets.models import Message, Ticket
from tests.integration.conftest import Browser
from tests.integration.jobs.conftest import FRIDAY_16_40, MONDAY, Hall
from tests.integration.jobs.test_technician_pages import words

Clock = Callable[[datetime], None]


def send(browser: Browser, name: str, tag: str, **fields: str) -> TestResponse:
    given = {"seen": "1", "public": "$title: $when. $number", "internal": "$number", "why": "shorter", **fields}
    return browser.client.post(
        f"/messages/{name}/{tag}", data={**given, "csrf_token": browser.token("/me")}, follow_redirects=True
    )


def booked(hall: Hall, **ticket: str) -> Message:
    given = hall.escalation()
    order = hall.order(ticket={**given["ticket"], "id": f"L-{hall.count}", **ticket}, asset=f"SRV-{hall.count}")
    return hall.messages(order["number"])[0]


def test_each_customer_is_written_to_in_their_own_language_or_their_integrations(hall: Hall, at: Clock) -> None:
    at(FRIDAY_16_40)
    german = booked(hall, language="de")
    assert german.public_text is not None
    assert german.public_text.startswith("Ihre Anfrage braucht einen Einsatz vor Ort, und der Termin steht")
    assert "am Montag, 7. Dezember 2026, zwischen 08:00 und 10:00 Uhr Ortszeit Amsterdam" in german.public_text
    assert "- Fr 16:40 Amsterdam: 30 Min. passen nicht mehr vor 17:00" in german.public_text
    integrations.install(hall.app, {}, {"console": Language.GERMAN})
    assert "Beginn" in (booked(hall).internal_text or "")


def test_two_tickets_of_one_order_each_hear_in_their_language(hall: Hall, sign_in: Callable[[str], Browser]) -> None:
    number = hall.order()["number"]
    with hall.app.app_context(), transaction() as session:
        other = Ticket(
            system="console", external_id="DE-1", subject="Platte defekt", channel="ticket", opened_at=MONDAY,
            language="de", closed=False,
        )  # fmt: skip
        session.add(other)
        session.flush()
        ticket_id = other.id
    lena = sign_in("lena")
    assert lena.post(f"/tickets/{ticket_id}/order", "/me", number=number).status_code == 303
    hall.act("lena", number, "cancellation", why="Not needed.")
    told = {message.public_text.split("\n")[0] for message in hall.messages(number)[-2:] if message.public_text}
    assert told == {
        "Disk swap on SRV-1 in Data center AMS1 will not be done.",
        "Festplattentausch an SRV-1 in Data center AMS1 wird nicht ausgeführt.",
    }


def test_level_1_says_which_language_a_customer_speaks(hall: Hall, sign_in: Callable[[str], Browser]) -> None:
    order, lena = hall.order(), sign_in("lena")
    with hall.app.app_context(), transaction() as session:
        ticket_id = session.scalars(select(Ticket.id)).one()
    assert lena.post(f"/tickets/{ticket_id}/language", "/me", language="xx").status_code == 422
    assert lena.post(f"/tickets/{ticket_id}/language", "/me", language="de").status_code == 303
    assert hall.get("lena", f"/work-orders/{order['number']}")["ticket"]["language"] == "de"
    asked = lena.get(f"/tickets/{ticket_id}?ask=disk_swap&asset=SRV-1").text
    assert "In welchem Einschub steckt die ausfallende Festplatte?" in words(asked)


def test_an_edited_message_counts_from_the_next_one_on_and_its_versions_are_kept(
    hall: Hall, sign_in: Callable[[str], Browser]
) -> None:
    max_ = sign_in("max")
    done = send(max_, "booked", "en", public="Booked for you: $title, $when.\n$why\n\n$number")
    assert "Version 2 counts from now on." in words(done.text)
    message = booked(hall)
    assert (message.public_text or "").startswith("Booked for you: Disk swap, on ")
    page = words(send(max_, "booked", "en", seen="2", act="shipped", why="the old one was better").text)
    assert "Version 3 the old one was better · the shipped text again" in page
    assert "your request needs hands" in (booked(hall).public_text or "").lower()
    old = max_.get("/messages/booked/en?version=2").text
    assert "Booked for you: $title, $when." in old


@pytest.mark.parametrize(
    ("public", "said"),
    [
        ("Hello $nobody", "There is no $nobody. There are: $after, $before"),
        ("It costs 5 $", "A $ that names no value"),
        ("Call 10.12.0.7", "must not show internals: 10.12.0.7"),
        ("{{ config }} ${__class__}", "There is no $__class__"),
        ("x" * 4001, "4000 characters"),
    ],
)
def test_what_could_not_be_sent_is_refused_in_a_sentence(
    hall: Hall, sign_in: Callable[[str], Browser], public: str, said: str
) -> None:
    ada = sign_in("ada")
    refused = send(ada, "booked", "en", public=public)
    assert refused.status_code == 422
    assert said in words(refused.text)
    assert public[:20] in words(refused.text)  # nothing typed is lost
    assert "Version 2" not in words(ada.get("/messages/booked/en").text).partition("Publish version 2")[2]


def test_the_preview_shows_example_values_and_keeps_nothing(hall: Hall, sign_in: Callable[[str], Browser]) -> None:
    max_ = sign_in("max")
    shown = send(max_, "booked", "de", act="preview", why="", public="Neu: $title, $when")
    assert shown.status_code == 200
    assert "Neu: Festplattentausch, am Montag, 30. November 2026, zwischen 08:00 und 10:00 Uhr" in words(shown.text)
    assert "$title" not in (booked(hall, language="de").public_text or "")


def test_who_edits_an_older_version_than_the_newest_is_told(hall: Hall, sign_in: Callable[[str], Browser]) -> None:
    max_ = sign_in("max")
    send(max_, "closed", "de")
    late = send(max_, "closed", "de", public="$number anders")
    assert late.status_code == 422
    assert "Version 2 was published meanwhile" in words(late.text)


def test_a_version_that_no_longer_fits_is_sent_in_the_shipped_words_and_everybody_is_told(
    hall: Hall, sign_in: Callable[[str], Browser], caplog: pytest.LogCaptureFixture
) -> None:
    with hall.app.app_context(), transaction() as session:
        session.add(
            MessageWording(
                name="booked", language="en", version=2, public="Hello $gone", internal="$number", why="old",
                edited_by="max", edited_at=true_now(),
            )
        )  # fmt: skip
    message = booked(hall)
    assert "Your request needs hands on site" in (message.public_text or "")
    assert "Sent in the shipped words: version 2 of this message cannot be used. There is no $gone." in (
        message.internal_text or ""
    )
    assert [record.message for record in caplog.records if "cannot be used" in record.message]
    page = words(sign_in("max").get("/messages/booked/en").text)
    assert "Version 2 cannot be used, the shipped text is sent instead." in page


def test_technicians_and_level_1_do_not_edit_messages(hall: Hall, sign_in: Callable[[str], Browser]) -> None:
    assert sign_in("tess").get("/messages").status_code == 403
    assert sign_in("lena").get("/messages/booked/de").status_code == 403
    assert sign_in("ada").get("/messages/nothing/de").status_code == 404
