"""Where ticket systems call: signed hooks, answered at once."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.core.access import needs
from app.core.clock import business_now, true_now
from app.core.database import transaction
from app.core.errors import NotFound, Unauthenticated
from app.core.permissions import Permission
from app.tickets import intake
from app.tickets.integrations import installed
from app.tickets.system import Hooked

blueprint: Final = Blueprint("hooks", "app.tickets")


@blueprint.post("/hooks/<integration>")
@needs(Permission.PUBLIC)
def hear(integration: str) -> ResponseReturnValue:
    """Take a signed hook; one that is not signed, recent, whole and new is refused, and nothing of it is kept."""
    system, now = installed().get(integration), true_now()
    if not isinstance(system, Hooked):
        raise NotFound("not_found", "There is no integration of that name that takes hooks.")
    headers = {name.lower(): value for name, value in request.headers.items()}
    heard = system.hear(headers, request.get_data(), now)
    if heard is not None:
        with transaction() as session:
            if intake.accept(session, integration, heard, now=business_now(), true_time=now):
                return "", 202
    with transaction() as session:
        intake.count(session, integration, now, refused=1)
    raise Unauthenticated("bad_signature", "This hook is not signed as agreed, too old, or was sent before.")
