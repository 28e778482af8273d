"""Routes of the tests' own, so that what surrounds every route is tried without any package's route."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from apiflask import APIBlueprint, APIFlask, Schema
from apiflask.fields import Integer, String
from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.core.access import needs
from app.core.database import transaction
from app.core.errors import Conflict, Unreachable
from app.core.idempotency import idempotent
from app.core.permissions import Permission
from app.sites.models import Site


class RoomIn(Schema):
    """What the test's POST takes."""

    code = String(required=True)
    size = Integer(load_default=1)


@dataclass
class Probe:
    """The tests' routes: how often they ran, and a gate that holds them open."""

    ran: int = 0
    refuse: bool = False
    gate: threading.Event = field(default_factory=threading.Event)
    inside: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def probe(web_app: APIFlask) -> Probe:
    """POST /api/v1/rooms adds a site, GET /broken and /api/v1/broken fail, /api/v1/device finds no device."""
    state = Probe()
    state.gate.set()
    api = APIBlueprint("probe_api", __name__, url_prefix="/api/v1")
    pages = Blueprint("probe_pages", __name__)

    @api.post("/rooms")
    @needs(Permission.SELF)
    @idempotent
    @api.input(RoomIn)
    def add_room(json_data: dict[str, str]) -> ResponseReturnValue:
        state.ran += 1
        with transaction() as session:
            session.add(Site(code=json_data["code"], name="added", time_zone="UTC"))
            session.flush()
            state.inside.set()
            state.gate.wait(10)
            if state.refuse:
                raise Conflict("wrong_state", "Not now.")
        return {"code": json_data["code"], "ran": state.ran}, 201, {"ETag": '"1"'}

    @api.get("/rooms/<int:number>")
    @needs(Permission.SELF)
    def room(number: int) -> ResponseReturnValue:
        return {"number": number}

    @api.get("/device")
    @needs(Permission.SELF)
    def device() -> ResponseReturnValue:
        raise Unreachable("Nothing answers at 127.0.0.1:623", "Check the cable.")

    @api.get("/broken", endpoint="api_broken")
    @pages.get("/broken", endpoint="page_broken")
    @needs(Permission.PUBLIC)
    def broken() -> ResponseReturnValue:
        raise RuntimeError("password=hunter2")

    web_app.register_blueprint(api)
    web_app.register_blueprint(pages)
    return state


@pytest.fixture
def codes(web_app: APIFlask) -> Callable[[], list[str]]:
    """The codes of all sites that are committed."""

    def read() -> list[str]:
        with web_app.app_context(), transaction() as session:
            return list(session.scalars(select(Site.code).order_by(Site.code)))

    return read
