"""Messages say why, what happens next and when; the customer's text shows no internals, whatever was typed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import Invalid
from app.core.language import Language
from app.jobs.messages import (
    ABOUT_ORDERS,
    ABOUT_REFERRALS,
    MESSAGES,
    MOST_BYTES,
    SHIPPED,
    OrderFacts,
    ReferralFacts,
    written,
)
from app.jobs.wording import FOLDER, parse, read
from app.tickets.rules.leaks import leaks

FACTS = OrderFacts(
    number="WO-2026-000417", title="Disk swap", server="SRV-0042", site_name="Amsterdam 1",
    time_zone="Europe/Amsterdam", minutes=30,
    promise=(datetime(2026, 11, 30, 7, tzinfo=UTC), datetime(2026, 11, 30, 9, tzinfo=UTC)),
    promise_finish=datetime(2026, 11, 30, 9, 30, tzinfo=UTC),
    explanation=("Fri 16:40 Amsterdam: 30 min do not fit before 17:00", "Mon 08:00 Amsterdam is the next opening"),
)  # fmt: skip
REFERRAL = ReferralFacts("REF-2026-000003", "Level 3 system administrators", "Europe/Berlin")


def test_a_booking_tells_when_in_the_sites_time_why_then_and_what_happens_next() -> None:
    public = written("booked", FACTS).public
    assert "on Monday 30 November 2026 between 08:00 and 10:00 Amsterdam time (UTC+01:00)" in public
    assert "done by Monday 30 November 2026, 10:30 Amsterdam time (UTC+01:00)" in public
    assert "- Fri 16:40 Amsterdam: 30 min do not fit before 17:00\n- Mon 08:00" in public
    assert "What happens next: right before the work" in public
    assert "WO-2026-000417" in public


def test_a_range_over_midnight_or_a_clock_change_names_both_ends() -> None:
    night = (datetime(2026, 10, 24, 23, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC))
    public = written("booked", replace(FACTS, promise=night)).public
    assert "between Sunday 25 October 2026, 01:30 Amsterdam time (UTC+02:00)" in public
    assert "and Sunday 25 October 2026, 02:30 Amsterdam time (UTC+01:00)" in public


def test_the_closing_report_says_what_was_found_done_and_proved() -> None:
    facts = replace(
        FACTS, outcome="repaired", found="The disk in bay 3 had failed.", done="The disk was swapped.",
        before="The RAID volume was degraded.", after="All disks are healthy.",
        started_at=datetime(2026, 11, 30, 7, 5, tzinfo=UTC), finished_at=datetime(2026, 11, 30, 7, 31, tzinfo=UTC),
        confirm_by=datetime(2026, 12, 1, 7, 31, tzinfo=UTC),
    )  # fmt: skip
    public = written("closed_report", facts).public
    for said in (
        "Result: repaired.", "The disk in bay 3 had failed.", "The disk was swapped.", "The RAID volume was degraded.",
        "All disks are healthy.", "Started: Monday 30 November 2026, 08:05", "Finished: Monday 30 November 2026, 08:31",
        "a yes on Tuesday 1 December 2026, 08:31",
    ):  # fmt: skip
        assert said in public


def test_what_is_not_known_is_left_out_instead_of_left_blank() -> None:
    public = written("waiting", replace(FACTS, waiting_for="part")).public
    assert "What it waits for: the part for it has to arrive first." in public
    assert "Why:" not in public
    assert "settled by" not in public
    assert "\n\n\n" not in public


def test_colleagues_read_what_the_customer_does_not() -> None:
    facts = replace(
        FACTS, why="Tess Okafor read 10.12.0.17 in rack R12 U21.", internals=("Okafor",), internal=("Serial CZ12345",)
    )
    texts = written("booked", facts)
    assert "Why: Tess [internal] read [internal] in [internal] [internal]." in texts.public
    assert "Tess Okafor read 10.12.0.17 in rack R12 U21." in texts.internal
    assert texts.internal.endswith("Serial CZ12345")


def test_a_colleague_named_like_a_month_does_not_blank_a_date() -> None:
    facts = replace(
        FACTS, promise_finish=datetime(2026, 5, 4, 8, tzinfo=UTC), why="Asked Theo May.", internals=("May",)
    )
    public = written("booked", facts).public
    assert "4 May 2026" in public
    assert "Asked Theo [internal]." in public


free = st.text(max_size=200) | st.sampled_from(["BMC 10.0.0.7", "U2" * 4000, "serial CZ12345 " * 900, "\x00$why ${x}"])


@settings(max_examples=50, deadline=None)  # the first German word reads the catalogues
@given(st.data())
def test_no_message_leaks_breaks_or_outgrows_the_outbox_whatever_was_typed(data: st.DataObject) -> None:
    words = {
        name: data.draw(free, label=name)
        for name in ("title", "server", "site_name", "why", "next_steps", "status", "safe_state", "found", "done")
    }
    facts = replace(FACTS, **words, internals=("Okafor",), internal=(data.draw(free),))  # type: ignore[arg-type]  # all text
    referral = replace(REFERRAL, why=words["why"], answer=words["done"])
    language = data.draw(st.sampled_from(Language))
    told = [
        written(data.draw(st.sampled_from(list(ABOUT_ORDERS))), facts, language),
        written(data.draw(st.sampled_from(list(ABOUT_REFERRALS))), referral, language),
    ]
    for texts in told:
        assert leaks(texts.public) == []
        assert "\x00" not in texts.public + texts.internal
        assert len(texts.public.encode()) + len(texts.internal.encode()) < 2 * MOST_BYTES + 100
        assert texts.internal


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", ABOUT_ORDERS)
def test_every_message_about_an_order_names_it(name: str, language: Language) -> None:
    texts = written(name, replace(FACTS, why="Because.", next_steps="We go on."), language)
    assert FACTS.number in texts.public
    assert FACTS.number in texts.internal


@pytest.mark.parametrize("language", Language)
def test_every_wording_file_has_its_message(language: Language) -> None:
    assert {file.stem for file in (FOLDER / language).glob("*.txt")} == set(MESSAGES)


@pytest.mark.parametrize("name", MESSAGES)
def test_both_languages_show_the_same_values(name: str) -> None:
    shown = [
        [sorted({value for line in lines for value in line.get_identifiers()}) for lines in (one.public, one.internal)]
        for one in (SHIPPED[name, language] for language in Language)
    ]
    assert shown[0] == shown[1]


def test_a_german_customer_reads_days_places_and_reasons_in_german() -> None:
    facts = replace(FACTS, time_zone="Europe/Vienna", why="The data center is closed on that day.")
    public = written("moved", facts, Language.GERMAN).public
    assert "Neue Zeit: Ein Techniker beginnt am Montag, 30. November 2026, zwischen 08:00 und 10:00 Uhr" in public
    assert "Ortszeit Wien (UTC+01:00)" in public
    assert "Grund: Das Rechenzentrum ist an diesem Tag geschlossen." in public
    assert "- Fr 16:40 Amsterdam: 30 Min. passen nicht mehr vor 17:00\n- Mo 08:00 Amsterdam wird" in public
    assert public.startswith("Der Termin für Festplattentausch an SRV-0042 in Amsterdam 1 hat sich geändert.")


def test_a_persons_own_words_are_left_as_they_were_typed() -> None:
    typed = "Mrs May asked for a visit on 3 May; the fan is loud."
    assert typed in written("remark", replace(FACTS, why=typed), Language.GERMAN).public.splitlines()
    answer = "A backup ate the disk's time; it runs at night now. No fault found."
    assert answer in written("answered", replace(REFERRAL, answer=answer), Language.GERMAN).public.splitlines()


@pytest.mark.parametrize(
    "typed", ["Rack B07", "im Schrank B07", "Seriennummer: CZ12345", "HE 21", "10.0.0.7", "Kennwort: x7"]
)
def test_a_wording_with_an_internal_in_it_is_refused(typed: str) -> None:
    with pytest.raises(Invalid, match="must not show internals"):
        parse(f"Ihr Server steht dort: {typed}", "gebucht", {"number"})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        ("Only for the customer", "needs the customer's text, a line ---"),
        ("Hello $nobody\n---\nHello", r"There is no \$nobody. There are: \$number"),
        ("It costs 5 $\n---\nHello", r"write \$\$ for a dollar"),
    ],
)
def test_a_wrong_wording_stops_the_start_and_names_itself(tmp_path: Path, content: str | None, said: str) -> None:
    (tmp_path / "de").mkdir()
    if content is not None:
        (tmp_path / "de" / "booked.txt").write_text(content, encoding="utf-8")
    with pytest.raises(Invalid, match=f"booked.txt.*{said}"):
        read("booked", Language.GERMAN, {"number"}, tmp_path)
