"""The receiver of traps when its database goes away, and when what it holds can no longer be kept."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core.clock import true_now
from app.core.database import transaction
from app.hardware.models import Asset, DeviceEvent, Endpoint
from app.hardware.operations.endpoints import set_endpoint
from app.hardware.tasks_traps import Receiver
from lab.processes import free_udp_ports
from tests.databases import administer
from tests.integration.hardware.conftest import asset, site_with_key
from tests.integration.hardware.test_traps import COMMUNITY, PDU_AT, trap
from tests.waiting import wait_until


@pytest.fixture
def pdu(session: Session, keys: Path) -> Asset:
    device = asset(session, site_with_key(session, keys), "PDU-A", "pdu")
    set_endpoint(session, device, "snmp", {"address": PDU_AT, "community": COMMUNITY}, by="sam", now=true_now())
    session.commit()
    return device


@pytest.fixture
def receiver(pdu: Asset) -> Iterator[tuple[Receiver, Callable[[int], int]]]:
    """One that listens, and how the PDU sends it a trap."""
    port = free_udp_ports(1)[0]
    opened = Receiver(("127.0.0.1", port), ["AMS1"])
    opened.turn()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind((PDU_AT, 0))
        yield opened, lambda number: sender.sendto(trap(number), ("127.0.0.1", port))
    opened.close()


def events(session: Session) -> int:
    session.rollback()
    return len(session.scalars(select(DeviceEvent.id)).all())


def test_what_comes_while_the_database_is_away_is_kept_when_it_is_back(
    session: Session, database: str, postgres_url: str, receiver: tuple[Receiver, Callable[[int], int]]
) -> None:
    opened, send = receiver
    name = database.rpartition("/")[2]
    session.rollback()
    administer(postgres_url, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    administer(postgres_url, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    send(1)
    with pytest.raises(DBAPIError):
        opened.turn()
    send(2)
    opened.turn()
    administer(postgres_url, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    def kept() -> bool:
        opened.turn()
        return events(session) == 2

    wait_until(kept, within_s=20)


def test_what_can_never_be_kept_does_not_stand_in_the_way(
    session: Session, pdu: Asset, receiver: tuple[Receiver, Callable[[int], int]], caplog: pytest.LogCaptureFixture
) -> None:
    opened, send = receiver
    with transaction() as changing:
        changing.execute(delete(Endpoint).where(Endpoint.asset_id == pdu.id))
        changing.execute(delete(Asset).where(Asset.id == pdu.id))
    send(1)
    with caplog.at_level(logging.WARNING):
        opened.turn()
    assert "1 events and counts not kept (ForeignKeyViolation)" in caplog.text
    assert events(session) == 0
    opened.turn()
    assert caplog.text.count("not kept") == 1
