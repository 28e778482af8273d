"""Questions for other teams: seen and answered by the team, at its sites, once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from app.core.database import transaction
from app.core.permissions import Role
from app.people.operations.accounts import add_person, grant
from app.people.queries import person_named
from app.sites.queries import site_coded
from tests.integration.conftest import LONG_AGO, Program
from tests.integration.jobs.conftest import Hall

ASK = {"job_kind": None, "reason": "complex", "team": "system_administrators", "summary": "My VPS is slow."}


def refer(hall: Hall, **changes: object) -> str:
    answer = hall.post("lena", "/escalations", hall.escalation(**{**ASK, **changes}))
    assert answer.status_code == 201, answer.text
    assert answer.json is not None
    return str(answer.json["referral"]["number"])


def seen(hall: Hall, who: str) -> list[str]:
    return [one["number"] for one in hall.get(who, "/referrals")["items"]]


def test_only_the_team_sees_and_answers_its_referrals(hall: Hall) -> None:
    number = refer(hall, asset=None)
    assert seen(hall, "sam") == [number]
    assert seen(hall, "lena") == seen(hall, "max") == []
    for who, status in (("lena", 404), ("max", 404), ("tess", 403), ("ada", 403), ("bot", 403)):
        assert hall.post(who, f"/referrals/{number}/take").status_code == status
        assert hall.post(who, f"/referrals/{number}/answer", {"text": "done"}).status_code == status
    assert hall.post("sam", f"/referrals/{number}/answer", {"text": " "}).status_code == 422
    answered = hall.post("sam", f"/referrals/{number}/answer", {"text": "The disk was full; it is not any more."})
    assert answered.json is not None
    assert (answered.json["state"], answered.json["taken_by"]) == ("answered", "sam")
    assert hall.messages(number)[-1].kind == "answered"
    assert seen(hall, "sam") == []
    assert hall.post("sam", f"/referrals/{number}/answer", {"text": "again"}).status_code == 409


def test_a_role_at_one_site_opens_the_queue_of_that_site_alone(hall: Hall, program_of: Callable[..., Program]) -> None:
    with hall.app.app_context(), transaction() as session:
        someone = add_person(session, name="ivy", full_name="Ivy Two-Hats", by="test", now=LONG_AGO)
        grant(session, someone, Role.SYSADMIN, site_coded(session, "MIA1"), by="test", now=LONG_AGO)
        grant(session, someone, Role.L1_ENGINEER, None, by="test", now=LONG_AGO)
        assert person_named(session, "ivy") is someone
    hall.programs["ivy"] = program_of("ivy")
    here, there, nowhere = refer(hall, asset="SRV-1"), refer(hall, asset="MIA1-1"), refer(hall, asset=None)
    assert seen(hall, "ivy") == [there, nowhere]
    assert hall.post("ivy", f"/referrals/{here}/take").status_code == 404
    number = hall.order()["number"]
    hall.to_matched(number)
    hall.act("tess", number, "escalation", team="system_administrators", why="the array does not rebuild")
    assert len(seen(hall, "sam")) == 4
    assert hall.get("sam", "/referrals")["items"][0]["from_rack"] is True
    assert seen(hall, "ivy") == [there, nowhere]


def test_two_who_take_the_same_referral_are_told_apart(hall: Hall) -> None:
    number = refer(hall, asset=None)

    def take(_turn: int) -> int:
        program = Program(hall.app.test_client(), hall.programs["sam"].token)
        return program.post(f"/api/v1/referrals/{number}/take", json={}).status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(take, range(4))) == [200, 409, 409, 409]
