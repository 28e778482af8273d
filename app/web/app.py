"""The web application: every package's pages and API, and what surrounds them."""

from __future__ import annotations

import secrets
from typing import Any, Final

from apiflask import APIBlueprint, APIFlask
from flask import Blueprint, redirect
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter
from werkzeug.wrappers import Response

from app.core import access
from app.core.access import needs
from app.core.database import bind
from app.core.errors import Invalid
from app.core.permissions import Permission, Role
from app.core.settings import Settings
from app.hardware.api import api as hardware_api
from app.hardware.routes import blueprint as hardware_pages
from app.hardware.routes_entry import blueprint as hardware_entry_pages
from app.hardware.routes_history import blueprint as hardware_history_pages
from app.hardware.routes_labels import blueprint as hardware_label_pages
from app.jobs.api import api as jobs_api
from app.jobs.routes import (
    board,
    completion,
    conflicts,
    level1,
    machine,
    new_order,
    office,
    procedures,
    queue,
    report,
    tickets,
    wordings,
)
from app.jobs.routes.technician import blueprint as technician_pages
from app.parts.routes import blueprint as parts_pages
from app.people.routes import blueprint as people_pages
from app.shifts.api import api as shifts_api
from app.shifts.routes import blueprint as sites_pages
from app.shifts.routes_shifts import blueprint as shifts_pages
from app.tickets import integrations
from app.tickets.routes import blueprint as hooks
from app.web import components, errors, health, openapi, security, shell, stream, tablet
from app.web.drawing import PageEnvironment
from app.web.packed import Application

BLUEPRINTS: Final[tuple[Blueprint | APIBlueprint, ...]] = (
    health.blueprint,
    stream.blueprint,
    tablet.blueprint,
    people_pages,
    new_order.blueprint,
    level1.blueprint,
    office.blueprint,
    procedures.blueprint,
    wordings.blueprint,
    queue.blueprint,
    tickets.blueprint,
    board.blueprint,
    report.blueprint,
    machine.blueprint,
    completion.blueprint,
    conflicts.blueprint,
    shifts_api,
    sites_pages,
    shifts_pages,
    hardware_pages,
    hardware_entry_pages,
    hardware_history_pages,
    hardware_label_pages,
    hardware_api,
    jobs_api,
    technician_pages,
    parts_pages,
    hooks,
)

HOMES: Final = {
    Role.TECHNICIAN: "/day",
    Role.L1_ENGINEER: "/inbox",
    Role.SYSADMIN: "/queue",
    Role.MANAGER: "/board",
    Role.ADMIN: "/people",
}
ELSEWHERE: Final = "/me"

pages = Blueprint("web", __name__)


class BoundedInteger(IntegerConverter):
    """Whole numbers that fit the database: a larger one in a path is an address that does not exist."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{"max": 2**63 - 1, **options})


class Pages(Application):
    """Flask with our way of drawing pages."""

    jinja_environment = PageEnvironment


def create_app(settings: Settings) -> APIFlask:
    """The whole application over the database of `settings`; opens no connection yet."""
    if settings.database_url is None:
        raise Invalid("invalid", "DATABASE_URL is not set")
    app = Pages("app.web", title="Rackside", version="1", spec_path=None, docs_path=None, json_errors=False)
    app.url_map.converters["int"] = BoundedInteger
    app.config.update(
        RACKSIDE=settings,
        SECRET_KEY=secrets.token_bytes(32),  # signs notices for the next page and nothing else: a restart may lose one
        SESSION_COOKIE_NAME="rackside_notice",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_SAMESITE="Lax",
        SEND_FILE_MAX_AGE_DEFAULT=31_536_000,  # static files carry a hash in their name
    )
    bind(app, settings.database_url)
    if settings.proxies:
        hops = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign] # Flask's documented way to wrap the application
    file = settings.integrations_file
    integrations.install(app, integrations.load(file), integrations.languages(file))
    health.install(app)
    security.install(app)
    errors.install(app)
    openapi.install(app)
    stream.install(app, settings)
    components.install(app, shell.for_this_request)
    for blueprint in (pages, *BLUEPRINTS):
        app.register_blueprint(blueprint)
    return app


@pages.get("/")
@needs(Permission.SELF)
def home() -> Response:
    """Where this person's work is: the first of the roles they hold that has a page."""
    roles = {grant.role for grant in access.current().grants}
    return redirect(next((page for role, page in HOMES.items() if role in roles), ELSEWHERE))
