"""The browser's side of being signed in: one cookie, and the CSRF token that is derived from it.

The cookie holds a random secret. A visitor has one too, which the database does not know, so that the sign-in form is
protected like every other. Signing in always issues a new secret: one planted beforehand is worth nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta

from flask import Response, current_app, g, request

LIFETIME = timedelta(days=7)
CSRF_FIELD = "csrf_token"
CSRF_HEADERS = ("X-CSRFToken", "X-CSRF-Token")


def cookie_name() -> str:
    """Bound to this host where browsers enforce it, which they do only over HTTPS."""
    return "__Host-rackside" if current_app.config["SESSION_COOKIE_SECURE"] else "rackside"


def secret() -> str | None:
    """What the browser sent; None when it sent nothing."""
    return request.cookies.get(cookie_name()) or None


def renew() -> str:
    """A new secret for this browser, sent with the answer of this request."""
    g.browser_secret = secrets.token_urlsafe(32)
    return str(g.browser_secret)


def forget() -> None:
    """Let the browser drop its secret with the answer of this request."""
    g.browser_secret = ""


def csrf_token() -> str:
    """The token that this browser must send with everything that changes something."""
    return _token_for(g.get("browser_secret") or secret() or renew())


def csrf_holds() -> bool:
    """True when the request carries the token of the browser's secret, as a form field or a header."""
    known = secret()
    if known is None:
        return False
    sent = request.form.get(CSRF_FIELD) or next((v for h in CSRF_HEADERS if (v := request.headers.get(h))), "")
    return hmac.compare_digest(sent.encode(), _token_for(known).encode())


def send_cookie(response: Response) -> Response:
    """Put a renewed or dropped secret on the way (an after_request function)."""
    new: str | None = g.get("browser_secret")
    if new is None:
        return response
    response.set_cookie(
        cookie_name(),
        new,
        max_age=LIFETIME if new else 0,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
        path="/",
    )
    return response


def _token_for(value: str) -> str:
    return hmac.new(value.encode(), b"rackside csrf", hashlib.sha256).hexdigest()
