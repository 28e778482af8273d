"""What a page says of a state, a team, a promise is German on a German page: a new name has to be given its word."""

from __future__ import annotations

from enum import StrEnum

import pytest

from app.core.language import Language
from app.core.language.catalogue import catalogue
from app.core.permissions import Role
from app.hardware.compare import Result
from app.hardware.diagnostics import Kind
from app.hardware.readings import SourceStatus, State
from app.jobs.clocks.clock import Promise, Standing
from app.jobs.clocks.ledger import Pace
from app.jobs.clocks.owners import Owner
from app.jobs.kinds import KINDS
from app.jobs.messages import MESSAGES
from app.jobs.routes.report import HEADINGS
from app.jobs.states import OrderState, Verb
from app.jobs.teams import Priority, Reason, Team

SHOWN: tuple[type[StrEnum], ...] = (
    Kind, OrderState, Owner, Pace, Priority, Promise, Reason, Result, Role, SourceStatus, Standing, State, Team, Verb,
)  # fmt: skip
DEADLINES = ("start", "finish", "answer")
SAME = frozenset({"administrator", "name", "ok", "server", "system", "chassis", "bmc", "nic", "level 1", "normal"})
"""Words that are the same in both."""


@pytest.mark.parametrize(
    "names",
    [*(tuple(one) for one in SHOWN), HEADINGS, tuple(MESSAGES), tuple(KINDS), DEADLINES],
    ids=[*(one.__name__ for one in SHOWN), "the report's columns", "messages", "kinds of job", "deadlines"],
)
def test_every_name_that_people_see_has_its_german_word(names: tuple[str, ...]) -> None:
    words = [str(name).replace("_", " ") for name in names]
    known = catalogue(Language.GERMAN).texts
    assert [word for word in words if word not in known and word not in SAME] == []
