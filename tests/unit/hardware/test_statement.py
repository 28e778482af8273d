"""What a sweep keeps of a machine: differences that add up to what was said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.hardware.diagnostics import DiagnosticsDocument
from app.hardware.statement import (
    Statement,
    applied,
    change_between,
    document_of,
    folded,
    rows_of,
    statement_of,
    touches,
    whole,
)
from tests.unit.hardware.samples import healthy_server, server_with_lost_input

LATER = timedelta(minutes=5)
BEGUN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
rows = st.dictionaries(st.sampled_from(["value", "state", "reason"]), st.sampled_from([None, 1.0, "ok"]))
statements = st.dictionaries(st.sampled_from(["readings|a", "readings|b", "components|c", "findings|d"]), rows)


def said(document: DiagnosticsDocument) -> Statement:
    return statement_of(document.to_dict())


def test_the_same_said_later_is_no_difference() -> None:
    told = healthy_server()
    again = replace(
        told,
        taken_at=told.taken_at + LATER,
        duration_ms=told.duration_ms + 700,
        readings=tuple(replace(one, read_at=one.read_at + LATER) for one in told.readings),
        sources=tuple(replace(one, duration_ms=9, requests=one.requests + 3) for one in told.sources),
    )
    assert change_between(said(told), said(again)) is None


def test_one_value_that_changed_is_all_that_is_kept() -> None:
    told = healthy_server()
    warmer = tuple(replace(one, value=31.0) if one.name == "Inlet" else one for one in told.readings)
    change = change_between(said(told), said(replace(told, readings=warmer)))
    assert change is not None
    assert list(change["set"].values()) == [{"value": 31.0}]
    assert change["gone"] == []


@given(statements, statements)
def test_a_change_leads_from_one_statement_to_the_other(before: Statement, after: Statement) -> None:
    change = change_between(before, after)
    if change is None:
        assert before == after
        return
    reached = applied(before, change)
    assert reached.keys() == after.keys()
    for key, row in after.items():  # a field that went away is kept as None
        assert {name: value for name, value in reached[key].items() if value is not None or name in row} == row


@given(st.lists(statements, min_size=1, max_size=8))
def test_changes_add_up_to_what_was_said_at_each_moment(told: list[Statement]) -> None:
    kept: list[tuple[datetime, dict[str, Any]]] = [(BEGUN, whole(told[0]))]
    reached = told[0]
    for number, statement in enumerate(told[1:], start=1):
        change = change_between(reached, statement)
        if change is not None:
            kept.append((BEGUN + number * LATER, change))
            reached = applied(reached, change)
    moments = [BEGUN + number * LATER for number in range(len(told))]
    for found, statement in zip(folded(kept, moments), told, strict=True):
        assert found.keys() == statement.keys()
        assert all(found[key][name] == value for key, row in statement.items() for name, value in row.items())


def test_a_statement_is_a_document_again() -> None:
    told, moment = server_with_lost_input(), BEGUN + LATER
    again = DiagnosticsDocument.from_dict(document_of(said(told), UUID(told.id), moment))
    assert again.findings[0].evidence[0].read_at == moment
    assert {one.name for one in again.components} == {one.name for one in told.components}
    assert [one.title for one in again.findings] == [one.title for one in told.findings]
    assert {one.read_at for one in again.readings} == {moment}
    assert said(again) == said(told)


def test_two_sensors_of_one_name_are_both_kept() -> None:
    told = healthy_server()
    inlet = next(one for one in told.readings if one.name == "Inlet")
    twice = replace(told, readings=(inlet, replace(inlet, value=99.0)))
    assert [row["value"] for row in rows_of(said(twice), "readings")] == [inlet.value, 99.0]


def test_a_finding_that_comes_or_goes_is_told_from_one_that_stays() -> None:
    well, ill = said(healthy_server()), said(server_with_lost_input())
    came, went = change_between(well, ill), change_between(ill, well)
    assert came is not None
    assert went is not None
    assert touches(came, well, "findings")
    assert touches(went, ill, "findings")
    (key,) = [name for name in ill if name.startswith("findings|")][:1]
    stays = change_between(ill, {**ill, key: {**ill[key], "advice": "Wait."}})
    assert stays is not None
    assert not touches(stays, ill, "findings")
