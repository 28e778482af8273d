"""Statements that stand ready: they see their transaction, and fail like all others."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from apiflask import APIFlask
from sqlalchemy import Integer, Text, bindparam, cast, func, literal, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core.asking import Question
from app.core.database import transaction
from app.sites.models import Site

NAMED = Question(select(Site.name, Site.code).where(Site.code.in_(["A1", "A2"]), Site.name != bindparam("but")))
DIVIDED = Question(select(cast(literal(1), Integer) / cast(bindparam("by"), Integer)))
ONE_PERCENT = Question(select(func.concat(bindparam("what", type_=Text), "%")))


@pytest.fixture
def session(web_app: APIFlask) -> Iterator[Session]:
    with web_app.app_context(), transaction() as opened:
        yield opened


def test_a_question_sees_what_its_session_has_changed_and_has_not_yet_sent(session: Session) -> None:
    session.add_all([Site(code=code, name=f"{code} by the sea", time_zone="UTC") for code in ("A1", "A2", "A3")])
    assert NAMED.ask(session, {"but": "A2 by the sea"}) == [("A1 by the sea", "A1")]


def test_a_question_asked_again_of_something_else_answers_of_that(session: Session) -> None:
    session.add(Site(code="A1", name="first", time_zone="UTC"))
    assert NAMED.ask(session, {"but": "first"}) == []
    assert NAMED.ask(session, {"but": "second"}) == [("first", "A1")]
    assert ONE_PERCENT.ask(session, {"what": "7 $1 "}) == [("7 $1 %",)]


def test_a_refusal_of_the_database_is_raised_as_every_other(session: Session) -> None:
    with pytest.raises(DBAPIError) as refused:
        DIVIDED.ask(session, {"by": 0})
    assert "division by zero" in str(refused.value)


def test_what_a_question_is_about_has_to_be_said_never_taken_for_nothing(session: Session) -> None:
    with pytest.raises(KeyError, match="but"):
        NAMED.ask(session, {})
    assert NAMED.ask(session, {"but": None}) == []


def test_a_question_leaves_unsent_what_its_session_holds_back(session: Session) -> None:
    with session.no_autoflush:
        session.add(Site(code="A1", name="first", time_zone="UTC"))
        assert NAMED.ask(session, {"but": "nothing"}) == []
    assert NAMED.ask(session, {"but": "nothing"}) == [("first", "A1")]
