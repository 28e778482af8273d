"""Sites with keys, and assets in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.core.clock import true_now
from app.core.database import bare_app, db
from app.core.settings import from_environment
from app.hardware.models import Asset
from app.hardware.operations.assets import Entry, add_asset
from app.hardware.sealing import new_site_key, write_key
from app.sites.models import Site


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """The folder of private keys on the workers' machine."""
    return tmp_path / "keys"


@pytest.fixture
def app(database: str, keys: Path) -> Iterator[Flask]:
    """What workers and commands run in."""
    app = bare_app(database)
    app.config["RACKSIDE"] = from_environment({"DATABASE_URL": database, "RACKSIDE_SITE_KEYS": str(keys)})
    with app.app_context():
        yield app
        db.session.remove()


@pytest.fixture
def session(app: Flask) -> Session:
    """The session that `transaction()` also gives in this test."""
    return db.session()


def site_with_key(session: Session, keys: Path, code: str = "AMS1", time_zone: str = "Europe/Amsterdam") -> Site:
    """A site whose worker holds the key that its credentials are sealed to."""
    public, private = new_site_key()
    write_key(keys, code, private)
    site = Site(code=code, name=code, time_zone=time_zone, public_key=public)
    session.add(site)
    session.commit()
    return site


def asset(session: Session, site: Site, tag: str = "SRV-0042", role: str = "server") -> Asset:
    """An asset without place, endpoints and cables."""
    entered = add_asset(session, site, Entry(tag, role), by="sam", now=true_now())
    session.commit()
    return entered
