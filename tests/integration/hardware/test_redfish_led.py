"""The ID LED of a machine that is reached by Redfish alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.clock import true_now
from app.hardware.models import Asset, DeviceAction
from app.hardware.operations.endpoints import set_endpoint
from app.hardware.operations.led import request_id_led
from app.hardware.tasks import switch_id_led
from lab.redfish import Service
from lab.redfish_trees import ROOT, present_model
from tests.integration.hardware.conftest import asset, site_with_key

LIGHT = f"{ROOT}/Systems/node"


@pytest.fixture
def service() -> Iterator[Service]:
    with Service(present_model()) as running:
        yield running


@pytest.fixture
def server(session: Session, keys: Path, service: Service) -> Asset:
    entered = asset(session, site_with_key(session, keys))
    given = {"address": service.url, "username": service.username, "password": service.password}
    pinned = {**given, "fingerprint": service.fingerprint}
    set_endpoint(session, entered, "redfish", pinned, by="sam", now=true_now())
    session.commit()
    return entered


def asked(session: Session, server: Asset, *, on: bool) -> DeviceAction:
    action = request_id_led(session, server, on=on, seconds=60, by="tess", now=true_now())
    session.commit()
    switch_id_led(action_id=str(action.id))
    session.expire_all()
    return action


def test_light_is_switched_by_redfish_and_a_reminder_will_end_it(
    session: Session, server: Asset, service: Service
) -> None:
    action = asked(session, server, on=True)
    assert action.state == "done"
    assert service.changes == [(LIGHT, {"LocationIndicatorActive": True})]
    reminder = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'hardware.relight'")
    assert session.scalar(reminder) == 1


def test_light_is_off_when_its_time_is_over(session: Session, server: Asset, service: Service) -> None:
    action = asked(session, server, on=True)
    action.finished_at = true_now() - timedelta(seconds=61)
    session.commit()
    switch_id_led(action_id=str(action.id))
    assert service.changes[-1] == (LIGHT, {"LocationIndicatorActive": False})


def test_light_that_cannot_be_switched_is_a_stated_failure(session: Session, server: Asset, service: Service) -> None:
    service.orders.most_sessions = 0
    action = asked(session, server, on=True)
    assert action.state == "failed"
    assert action.detail == "the service has no session left for us"
    assert action.advice
