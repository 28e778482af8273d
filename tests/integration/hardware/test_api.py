"""The API of the machines: who sees what, what a request becomes, and how long anybody waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from apiflask import APIFlask
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from app.core.clock import true_now
from app.core.database import db, transaction
from app.hardware.models import DeviceAction, Diagnostics
from app.hardware.operations.assets import Position, place_asset
from app.hardware.operations.cabling import set_power_cord
from app.hardware.operations.diagnose import begin, finish
from app.hardware.operations.endpoints import set_endpoint
from tests.integration.conftest import Program
from tests.integration.hardware.conftest import asset, site_with_key
from tests.unit.hardware.samples import server_with_lost_input

Programs = Callable[..., Program]
SECRET = "kD93-never-told"
ROLES = {
    "sam": "sysadmin@AMS1",
    "nora": "sysadmin@NYC1",
    "tess": "technician@AMS1",
    "lea": "l1_engineer@all",
    "bo": "admin@all",
}


@pytest.fixture
def stored(web_app: APIFlask, keys: Path) -> Iterator[Session]:
    """Two sites: SRV-0042 fed by PDU-A in AMS1, SRV-0900 in NYC1."""
    with web_app.app_context():
        session = db.session()
        ams, nyc = site_with_key(session, keys), site_with_key(session, keys, "NYC1", "America/New_York")
        server, pdu = asset(session, ams), asset(session, ams, "PDU-A", "pdu")
        asset(session, nyc, "SRV-0900")
        now = true_now()
        place_asset(session, server, Position("A03", "Hall 1", 21, 2), by="sam", now=now)
        set_power_cord(session, server, psu="2", pdu=pdu, outlet="14", by="sam", now=now)
        bmc = {"address": "127.0.0.1", "port": 623, "username": "rackside", "password": SECRET}
        set_endpoint(session, server, "ipmi", bmc, by="sam", now=now)
        session.commit()
        yield session
        session.close()


@pytest.fixture
def program_of(program_of: Programs, person: Callable[..., int]) -> Programs:
    """A program of one of ROLES; the person is entered with the first one."""
    known: set[str] = set()

    def program(name: str) -> Program:
        if name not in known:
            known.add(name)
            person(name, ROLES[name])
        return program_of(name)

    return program


def finish_with_a_finding(session: Session, run_id: UUID) -> None:
    run = begin(session, run_id, now=true_now())
    assert run is not None
    assert finish(session, run, replace(server_with_lost_input(), id=str(run_id)))
    session.commit()


def connections_in_use() -> int:
    pool = db.engine.pool
    assert isinstance(pool, QueuePool)
    return pool.checkedout()


def test_an_asset_has_the_contracts_form(stored: Session, program_of: Programs) -> None:
    answer = program_of("sam").get("/api/v1/assets/SRV-0042")
    assert answer.status_code == 200
    assert answer.json == {
        "tag": "SRV-0042",
        "role": "server",
        "name": "SRV-0042",
        "serial": None,
        "site": "AMS1",
        "rack": "A03",
        "u": 21,
        "face": "front",
        "sources": ["ipmi"],
        "power": [{"psu": "2", "pdu": "PDU-A", "outlet": "14"}],
        "network": [],
        "room": "Hall 1",
        "height": 2,
        "model": None,
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/api/v1/assets/SRV-0042"),
        ("get", "/api/v1/assets/SRV-0042/diagnostics"),
        ("post", "/api/v1/assets/SRV-0042/diagnostics"),
        ("get", "/api/v1/assets/SRV-0042/id-led"),
        ("post", "/api/v1/assets/SRV-0042/id-led"),
    ],
)
def test_another_sites_asset_is_not_there(stored: Session, program_of: Programs, method: str, path: str) -> None:
    stranger = program_of("nora")
    answer = stranger.get(path) if method == "get" else stranger.post(path, {"on": True})
    assert answer.status_code == 404
    assert answer.get_json()["code"] == "not_found"


def test_another_sites_diagnostics_are_not_there(stored: Session, program_of: Programs) -> None:
    asked = program_of("sam").post("/api/v1/assets/SRV-0042/diagnostics")
    where = asked.headers["Location"]
    assert program_of("sam").get(where).status_code == 202
    assert program_of("nora").get(where).status_code == 404


def test_the_list_holds_only_the_sites_one_may_see(stored: Session, program_of: Programs) -> None:
    assert [one["tag"] for one in program_of("sam").get("/api/v1/assets").get_json()["items"]] == ["PDU-A", "SRV-0042"]
    assert [one["tag"] for one in program_of("nora").get("/api/v1/assets?site=AMS1").get_json()["items"]] == []
    everything = program_of("bo").get("/api/v1/assets").get_json()
    assert [one["tag"] for one in everything["items"]] == ["PDU-A", "SRV-0042", "SRV-0900"]


def test_a_list_goes_on_where_the_page_before_ended(stored: Session, program_of: Programs) -> None:
    first = program_of("bo").get("/api/v1/assets?limit=2").get_json()
    assert first["next"] == "SRV-0042"
    second = program_of("bo").get("/api/v1/assets?limit=2&cursor=SRV-0042").get_json()
    assert [one["tag"] for one in second["items"]] == ["SRV-0900"]
    assert second["next"] is None


@pytest.mark.parametrize("words", ["0042", "srv-0042", "a03"])
def test_assets_are_found_by_tag_and_rack(stored: Session, program_of: Programs, words: str) -> None:
    found = program_of("sam").get(f"/api/v1/assets?search={words}").get_json()["items"]
    assert [one["tag"] for one in found] == ["SRV-0042"]


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x"])
def test_a_wrong_limit_is_named(stored: Session, program_of: Programs, query: str) -> None:
    answer = program_of("sam").get(f"/api/v1/assets?{query}")
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"] == "limit"


def test_taking_diagnostics_is_accepted_at_once_and_says_that_nobody_works_there(
    stored: Session, program_of: Programs
) -> None:
    answer = program_of("tess").post("/api/v1/assets/SRV-0042/diagnostics")
    assert answer.status_code == 202
    assert answer.get_json()["state"] == "queued"
    assert answer.get_json()["notice"] == "The worker of AMS1 has never been seen."


def test_two_who_ask_at_once_share_one_asking(stored: Session, program_of: Programs) -> None:
    asked = [program_of(name).post("/api/v1/assets/SRV-0042/diagnostics").get_json() for name in ("tess", "sam")]
    assert asked[0]["id"] == asked[1]["id"]


def test_the_document_is_the_answer_once_it_is_there(stored: Session, program_of: Programs) -> None:
    sam = program_of("sam")
    asked = sam.post("/api/v1/assets/SRV-0042/diagnostics").get_json()
    finish_with_a_finding(stored, UUID(asked["id"]))
    answer = sam.get(f"/api/v1/diagnostics/{asked['id']}")
    assert answer.status_code == 200
    assert answer.get_json()["format"] == "rackside.diagnostics/1"
    assert answer.get_json()["findings"][0]["cause"]["device"] == "PDU-A"
    listed = sam.get("/api/v1/assets/SRV-0042/diagnostics").get_json()["items"]
    assert [(one["id"], one["state"], one["worst"]) for one in listed] == [(asked["id"], "done", "critical")]


def test_waiting_gives_the_result_when_it_arrives(web_app: APIFlask, stored: Session, program_of: Programs) -> None:
    def work() -> None:
        with web_app.app_context():
            until = time.monotonic() + 10
            while time.monotonic() < until:
                with transaction() as session:
                    queued = session.query(Diagnostics).first()
                if queued is not None:
                    finish_with_a_finding(session, queued.id)
                    return
                time.sleep(0.05)

    worker = threading.Thread(target=work)
    sam = program_of("sam")
    worker.start()
    answer = sam.post("/api/v1/assets/SRV-0042/diagnostics?wait=10", **{"Idempotency-Key": "one"})
    worker.join()
    assert answer.status_code == 200
    assert answer.get_json()["device"] == "SRV-0042"
    again = sam.post("/api/v1/assets/SRV-0042/diagnostics?wait=10", **{"Idempotency-Key": "one"})
    assert again.json == answer.get_json()


def test_waiting_ends_and_holds_no_connection(web_app: APIFlask, stored: Session, program_of: Programs) -> None:
    sam = program_of("sam")
    answers = []
    asking = threading.Thread(target=lambda: answers.append(sam.post("/api/v1/assets/SRV-0042/diagnostics?wait=1")))
    stored.close()
    asking.start()
    seen = []
    while asking.is_alive():
        seen.append(connections_in_use())
        time.sleep(0.01)
    asking.join()
    assert answers[0].status_code == 202
    assert seen.count(0) > len(seen) / 2


@pytest.mark.parametrize("wait", ["0", "61", "x"])
def test_nobody_waits_longer_than_a_minute(stored: Session, program_of: Programs, wait: str) -> None:
    assert program_of("sam").post(f"/api/v1/assets/SRV-0042/diagnostics?wait={wait}").status_code == 422


def test_the_id_led_is_asked_of_the_worker(stored: Session, program_of: Programs) -> None:
    answer = program_of("tess").post("/api/v1/assets/SRV-0042/id-led", {"on": True, "seconds": 300})
    assert answer.status_code == 202
    assert (answer.get_json()["state"], answer.get_json()["on"], answer.get_json()["seconds"]) == ("queued", True, 300)
    assert program_of("tess").get("/api/v1/assets/SRV-0042/id-led").get_json()["id"] == answer.get_json()["id"]


def test_a_device_without_a_bmc_says_so_at_once(stored: Session, program_of: Programs) -> None:
    answer = program_of("tess").post("/api/v1/assets/PDU-A/id-led", {"on": True})
    assert answer.status_code == 200
    assert answer.get_json()["state"] == "failed"
    assert answer.get_json()["detail"] == "No IPMI address is recorded for PDU-A."


@pytest.mark.parametrize(
    "body",
    [{}, {"on": "yes"}, {"on": 1}, {"on": True, "seconds": 0}, {"on": True, "seconds": 3601}, {"on": True, "x": 1}],
)
def test_a_wrong_led_request_is_refused(stored: Session, program_of: Programs, body: dict[str, object]) -> None:
    assert program_of("tess").post("/api/v1/assets/SRV-0042/id-led", body).status_code == 422
    assert stored.query(DeviceAction).count() == 0


def test_an_l1_engineer_may_not_light_it(stored: Session, program_of: Programs) -> None:
    assert program_of("lea").post("/api/v1/assets/SRV-0042/id-led", {"on": True}).status_code == 403


def test_no_answer_of_the_api_holds_a_secret(stored: Session, program_of: Programs) -> None:
    sam = program_of("sam")
    sam.post("/api/v1/assets/SRV-0042/diagnostics")
    paths = ["/assets", "/assets/SRV-0042", "/assets/SRV-0042/diagnostics", f"/diagnostics/{uuid4()}", "/openapi.json"]
    assert SECRET not in "".join(sam.get(f"/api/v1{path}").text for path in paths)


def test_history_goes_on_where_the_page_before_ended(stored: Session, program_of: Programs) -> None:
    sam = program_of("sam")
    ids = []
    for _ in range(3):
        asked = sam.post("/api/v1/assets/SRV-0042/diagnostics").get_json()
        finish_with_a_finding(stored, UUID(asked["id"]))
        ids.append(asked["id"])
    first = sam.get("/api/v1/assets/SRV-0042/diagnostics?limit=2").get_json()
    second = sam.get(f"/api/v1/assets/SRV-0042/diagnostics?limit=2&cursor={first['next']}").get_json()
    listed = [one["id"] for one in first["items"] + second["items"]]
    assert listed == ids[::-1]
    assert second["next"] is None
