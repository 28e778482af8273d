"""The one door to Apprise: hand one alert over to one address."""

from __future__ import annotations

import logging
from typing import Final

from apprise import Apprise, AppriseAsset, NotifyFormat, NotifyType

log = logging.getLogger(__name__)
logging.getLogger("apprise").setLevel(logging.CRITICAL)  # it may name addresses, which are secrets

DEADLINES: Final = "cto=5&rto=10"
"""Seconds to connect and to wait for an answer, where an address does not say its own."""


def send(url: str, title: str, text: str) -> str | None:
    """Send it; None when it was taken, else what is told of the failure, without the address."""
    apprise = Apprise(asset=AppriseAsset(app_id="Rackside", app_desc="Rackside", secure_logging=True))
    if not apprise.add(url if "cto=" in url else f"{url}{'&' if '?' in url else '?'}{DEADLINES}&format=text"):
        return "the address makes no sense to Apprise"
    taken = apprise.notify(title=title, body=text, notify_type=NotifyType.WARNING, body_format=NotifyFormat.TEXT)
    return None if taken else "it was not taken; nothing more is known"
