"""A machine is asked to shut down, once: by real BMCs that obey, refuse, fall silent or are asked twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.core.clock import true_now
from app.core.errors import Conflict
from app.hardware.models import Asset, DeviceAction
from app.hardware.operations import shutdown
from app.hardware.operations.endpoints import set_endpoint
from app.hardware.operations.led import end_unanswered
from app.hardware.tasks import shut_down, sweep
from lab.bmc import BmcServer
from lab.fixtures import need
from lab.machines import Bmc
from lab.processes import started
from lab.redfish import Service
from lab.redfish_trees import ROOT, present_model
from tests.integration.hardware.conftest import asset, site_with_key

RESET = f"{ROOT}/Systems/node/Actions/ComputerSystem.Reset"


@pytest.fixture
def bmc(tmp_path: Path) -> Iterator[BmcServer]:
    need("ipmi_sim")
    with started([BmcServer(Bmc("SRV-0042", "CZ1", "SRV-0042"), tmp_path)]) as (server,):
        yield server


@pytest.fixture
def server(session: Session, keys: Path, bmc: BmcServer) -> Asset:
    entered = asset(session, site_with_key(session, keys))
    reach_as(session, entered, bmc)
    return entered


def reach_as(session: Session, entered: Asset, bmc: BmcServer) -> None:
    target = bmc.target()
    given = {"address": target.address, "port": bmc.port, "username": target.username, "password": target.password}
    set_endpoint(session, entered, "ipmi", {**given, "privilege": "operator"}, by="sam", now=true_now())
    session.commit()


def asked(session: Session, entered: Asset) -> DeviceAction:
    action = shutdown.request_shutdown(session, entered, by="tess", now=true_now())
    session.commit()
    return action


def sent(session: Session, entered: Asset) -> DeviceAction:
    action = asked(session, entered)
    shut_down(action_id=str(action.id))
    session.expire_all()
    return action


def test_a_machine_that_obeys_goes_down_and_its_power_is_told_before_and_after(
    session: Session, server: Asset, bmc: BmcServer
) -> None:
    action = sent(session, server)
    assert action.state == "done"
    assert action.result is not None
    assert (action.result["before"]["on"], action.result["sent"], action.result["after"]["on"]) == (True, True, False)
    assert bmc.shutdown_log() == ["1"]


def test_a_machine_that_does_not_go_down_is_told_as_still_on(session: Session, server: Asset, bmc: BmcServer) -> None:
    bmc.obeys = False
    action = sent(session, server)
    assert action.result is not None
    assert (action.state, action.result["after"]["on"], len(bmc.shutdown_log())) == ("done", True, 1)


def test_a_machine_that_is_off_already_is_sent_nothing(session: Session, server: Asset, bmc: BmcServer) -> None:
    bmc.power_on = False
    action = sent(session, server)
    assert action.result is not None
    assert (action.state, action.result["sent"], bmc.shutdown_log()) == ("done", False, [])


def test_a_bmc_that_cannot_tell_its_power_is_sent_nothing(session: Session, server: Asset, bmc: BmcServer) -> None:
    (bmc.folder / "chassis.sh").unlink()
    action = sent(session, server)
    assert (action.state, bmc.shutdown_log(), bmc.power_on) == ("failed", [], True)
    assert "refused the shutdown" in str(action.detail)
    assert action.advice


def test_a_bmc_that_does_not_answer_was_certainly_not_asked(session: Session, server: Asset, bmc: BmcServer) -> None:
    bmc.stop()
    action = sent(session, server)
    assert action.state == "failed"
    assert "cannot be reached" in str(action.detail)


def test_a_bmc_that_freezes_with_the_request_is_unknown_and_not_asked_again(
    session: Session, server: Asset, bmc: BmcServer
) -> None:
    bmc.freeze_when_shut_down()
    action = sent(session, server)
    assert action.state == "unknown"
    assert action.advice == "Its power is read before it is asked again."
    bmc.resume()
    shut_down(action_id=str(action.id))  # the queue rings again
    assert bmc.shutdown_log() == ["1"]


def test_a_worker_that_died_while_sending_leaves_it_unknown(session: Session, server: Asset, bmc: BmcServer) -> None:
    action = asked(session, server)
    assert shutdown.begin(session, action.id, now=true_now()) is not None
    session.commit()
    shut_down(action_id=str(action.id))  # the job of the dead worker comes back
    session.expire_all()
    assert (action.state, bmc.shutdown_log()) == ("unknown", [])


def test_what_nobody_ended_is_unknown_after_a_minute(session: Session, server: Asset) -> None:
    action = asked(session, server)
    assert shutdown.begin(session, action.id, now=true_now()) is not None
    session.commit()
    sweep()
    session.expire_all()
    assert action.state == "running"
    action.requested_at = true_now() - timedelta(seconds=61)
    session.commit()
    sweep()
    session.expire_all()
    assert action.state == "unknown"


def test_what_no_worker_took_is_not_sent_late(session: Session, server: Asset, bmc: BmcServer) -> None:
    action = asked(session, server)
    end_unanswered(session, now=true_now() + timedelta(minutes=1))
    session.commit()
    shut_down(action_id=str(action.id))
    session.expire_all()
    assert (action.state, bmc.shutdown_log()) == ("failed", [])


def test_a_machine_without_bmc_is_refused_with_what_to_do(session: Session, keys: Path) -> None:
    bare = asset(session, site_with_key(session, keys), "SRV-0099")
    with pytest.raises(Conflict, match="ask the customer"):
        shutdown.request_shutdown(session, bare, by="tess", now=true_now())


@pytest.fixture
def by_redfish(session: Session, keys: Path) -> Iterator[tuple[Asset, Service]]:
    with Service(present_model()) as service:
        entered = asset(session, site_with_key(session, keys))
        given = {"address": service.url, "username": service.username, "password": service.password}
        set_endpoint(
            session, entered, "redfish", {**given, "fingerprint": service.fingerprint}, by="sam", now=true_now()
        )
        session.commit()
        yield entered, service


def test_by_redfish_a_graceful_shutdown_is_asked_for(session: Session, by_redfish: tuple[Asset, Service]) -> None:
    entered, service = by_redfish
    action = sent(session, entered)
    assert action.result is not None
    assert (action.state, action.result["before"]["on"], action.result["after"]["on"]) == ("done", True, False)
    assert service.changes == [(RESET, {"ResetType": "GracefulShutdown"})]


def test_by_redfish_a_lost_answer_is_unknown_and_not_asked_again(
    session: Session, by_redfish: tuple[Asset, Service]
) -> None:
    entered, service = by_redfish
    service.orders.lost_answers = True
    assert sent(session, entered).state == "unknown"
    assert len(service.changes) == 1


def _nothing(service: Service) -> None:
    del service.tree[f"{ROOT}/Systems/node"]["Actions"]


def _only_hard(service: Service) -> None:
    reset = service.tree[f"{ROOT}/Systems/node"]["Actions"]["#ComputerSystem.Reset"]
    reset["ResetType@Redfish.AllowableValues"] = ["On", "ForceOff"]


@pytest.mark.parametrize("offers", [_nothing, _only_hard])
def test_by_redfish_what_is_not_offered_is_never_replaced_by_something_harder(
    session: Session, by_redfish: tuple[Asset, Service], offers: Callable[[Service], None]
) -> None:
    entered, service = by_redfish
    offers(service)
    action = sent(session, entered)
    assert (action.state, service.changes) == ("failed", [])
    assert "two people" in str(action.advice)


def test_by_redfish_the_allowed_kinds_may_stand_in_a_resource_of_their_own(
    session: Session, by_redfish: tuple[Asset, Service]
) -> None:
    entered, service = by_redfish
    told = f"{ROOT}/Systems/node/ResetActionInfo"
    reset = service.tree[f"{ROOT}/Systems/node"]["Actions"]["#ComputerSystem.Reset"]
    allowed = reset.pop("ResetType@Redfish.AllowableValues")
    reset["@Redfish.ActionInfo"] = told
    service.tree[told] = {"Parameters": [{"Name": "ResetType", "AllowableValues": allowed}]}
    assert sent(session, entered).state == "done"
