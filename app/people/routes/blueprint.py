"""The blueprint of people's pages, and what keeps tokens out of them."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, g

from app.core.errors import NotAllowed

blueprint: Final = Blueprint("people", "app.people", template_folder="templates")


def by_browser() -> None:
    """Raise NotAllowed for an API token: one that leaked must not make another, nor change a password."""
    if g.by_token:
        raise NotAllowed("not_by_token", "This needs somebody signed in with a password, not an API token.")
