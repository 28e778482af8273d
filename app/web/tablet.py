"""What makes the pages an app on a tablet: manifest, service worker, and the pages it shows without network."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from flask import Blueprint, Response, current_app, jsonify, render_template, send_from_directory
from flask.typing import ResponseReturnValue

from app.core.access import needs
from app.core.permissions import Permission
from app.web.components import asset_name

blueprint: Final = Blueprint("tablet", __name__)

BAR: Final = "#12181d"


@blueprint.get("/manifest.webmanifest")
@needs(Permission.PUBLIC)
def manifest() -> Response:
    """What the tablet's home screen shows of us (W3C Web Application Manifest)."""
    icons = [("icon-192.png", "192x192", "image/png"), ("icon-512.png", "512x512", "image/png"),
             ("icon.svg", "any", "image/svg+xml")]  # fmt: skip
    response = jsonify(
        id="/", name="Rackside", short_name="Rackside", start_url="/", scope="/", display="standalone",
        background_color=BAR, theme_color=BAR,
        icons=[{"src": f"/static/dist/{asset_name(_dist(), name)}", "sizes": sizes, "type": kind}
               for name, sizes, kind in icons],
        shortcuts=[{"name": "My day", "url": "/day"}, {"name": "Not sent", "url": "/tablet"}],
    )  # fmt: skip
    response.mimetype = "application/manifest+json"
    return response


@blueprint.get("/sw.js")
@needs(Permission.PUBLIC)
def worker() -> Response:
    """The service worker, under the address whose scope is everything; asked for anew each time, as browsers do."""
    return send_from_directory(_dist(), "sw.js", mimetype="text/javascript", max_age=0)


@blueprint.get("/offline")
@needs(Permission.PUBLIC)
def offline() -> ResponseReturnValue:
    """What stands where a page would, when there is no network and the tablet has not kept it."""
    return render_template("tablet/offline.html")


@blueprint.get("/tablet")
@needs(Permission.PUBLIC)
def not_sent() -> ResponseReturnValue:
    """What this tablet keeps and has not sent. The tablet itself fills the list: the server does not know it."""
    return render_template("tablet/not_sent.html")


def _dist() -> Path:
    return Path(current_app.static_folder or "static") / "dist"
