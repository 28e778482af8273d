"""The pages as people reach them: by an encrypted address, at work, with a certificate that lasts."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

import httpx

from app.core.settings import Settings
from app.doctor.findings import Said, ok, problem, warning
from app.doctor.look import Look
from app.tickets.calls import is_this_machine

WITHIN_S: Final = 5.0
SOON: Final = timedelta(days=14)
OWN_SOON: Final = timedelta(days=6)  # our own is made anew a week before its end, when `serve` starts


def address(look: Look) -> Iterator[Said]:
    """Whether people reach it encrypted, from elsewhere than this machine."""
    yield judged_address(look.settings.base_url)


def judged_address(base_url: str) -> Said:
    """Pure."""
    advice = "Put TLS in front (docs/settings.md), or ./rackside serve --https, and set RACKSIDE_BASE_URL=https://..."
    if base_url.startswith("https://"):
        return ok(f"People reach it at {base_url}, encrypted.")
    if is_this_machine(urlsplit(base_url).hostname or ""):
        return warning(f"The pages' address {base_url} is of use on this machine alone, in messages too.", advice)
    return problem(
        f"Passwords and sessions travel in the clear to {base_url}, and tablets get no camera and no offline work.",
        advice,
    )


def answer(look: Look) -> Iterator[Said]:
    """Whether the web server is at work there, and its database."""
    place = f"{look.settings.base_url}/health/ready"
    advice = "Start ./rackside serve; if it runs, look at RACKSIDE_BASE_URL and at the proxy in front."
    try:
        with httpx.Client(verify=_trust(look.settings), timeout=WITHIN_S, trust_env=False) as client:
            reply = client.get(place)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        yield problem(f"The pages do not answer at {look.settings.base_url}: {error or type(error).__name__}", advice)
        return
    if reply.status_code == httpx.codes.OK:
        yield ok(f"The pages answer at {look.settings.base_url}.")
    elif reply.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        yield problem(f"The web server at {look.settings.base_url} is not ready.", "Its log says why.")
    else:
        yield problem(f"Something else than Rackside answers {place}: HTTP {reply.status_code}.", advice)


def certificate(look: Look) -> Iterator[Said]:
    """When the certificate of the pages ends; says nothing where there is none."""
    where = urlsplit(look.settings.base_url)
    if where.scheme != "https" or where.hostname is None:
        return
    try:
        with (
            socket.create_connection((where.hostname, where.port or 443), timeout=WITHIN_S) as line,
            _trust(look.settings).wrap_socket(line, server_hostname=where.hostname) as sealed,
        ):
            told = sealed.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        yield problem(
            f"The certificate of {where.hostname} is not accepted: {error.verify_message}.",
            "Have one made out that this machine and the tablets trust, for this name.",
        )
        return
    except OSError:
        return  # that nobody answers is told already
    ends_at = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(told["notAfter"])), UTC)
    yield judged_certificate(ends_at, look.clock(), own=_own(look.settings))


def judged_certificate(ends_at: datetime, now: datetime, *, own: bool) -> Said:
    """`own`: one of those that `serve --https` makes. Pure."""
    told = f"The certificate of the pages ends on {ends_at:%Y-%m-%d}."
    if ends_at - now < (OWN_SOON if own else SOON):
        return warning(told, "Start ./rackside serve again: it makes a new one." if own else "Have it renewed.")
    return ok(told)


def _own(settings: Settings) -> bool:
    return (settings.instance / "tls" / (urlsplit(settings.base_url).hostname or "") / "authority.pem").exists()


def _trust(settings: Settings) -> ssl.SSLContext:
    """This machine's authorities, and the one that `serve --https` made for the address, if it did."""
    context = ssl.create_default_context()
    if _own(settings):
        context.load_verify_locations(
            settings.instance / "tls" / str(urlsplit(settings.base_url).hostname) / "authority.pem"
        )
    return context


def drill(look: Look) -> Iterator[Said]:
    """Whether the clock of calendars and orders is moved."""
    if look.settings.drill_offset:
        yield warning(
            "The clock of calendars and orders is moved (a drill).", "Unset RACKSIDE_DRILL_OFFSET_S for real work."
        )
