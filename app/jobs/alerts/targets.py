"""To whom alerts may go: the file named by RACKSIDE_ALERTS, with an allow-list of ways to send.

{"managers": {"url": "mailtos://...", "sites": ["AMS1"], "language": "de"},
 "on-call": {"url_file": "/run/secrets/on-call", "on_duty": true}}
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from app.core.errors import Invalid
from app.core.language import Language
from app.core.lists import objects_by_name, text_in, wrong

SETTING: Final = "RACKSIDE_ALERTS"
SAFE: Final = frozenset(
    {
        "discord", "gchat", "matrixs", "mailtos", "mmosts", "ntfys", "opsgenie", "pagerduty", "pover", "rockets",
        "signals", "slack", "tgram", "twilio", "victorops", "webexteams", "workflows", "zulip",
    }
)  # fmt: skip
"""Ways that are encrypted and lead to a service by name. Any other has to be allowed by RACKSIDE_ALERT_SCHEMES."""


@dataclass(frozen=True, slots=True)
class Target:
    """Somewhere to send to. `sites` None: of all sites. Who is `on_duty` hears at any hour, others in their hours."""

    name: str
    url: str = field(repr=False)
    sites: frozenset[str] | None = None
    on_duty: bool = False
    language: Language = Language.ENGLISH

    def wants(self, site: str | None) -> bool:
        """Whether news of that site (None: of no site in particular) are for it."""
        return site is None or self.sites is None or site in self.sites


def load(path: Path | None, allowed: Collection[str] = ()) -> Mapping[str, Target]:
    """The targets in the file by name, none without a file; raises Invalid naming the target and what is wrong."""
    content, folder = objects_by_name(path, SETTING, "target"), path.parent if path else Path()
    return {name: _target(name, given, folder, SAFE | set(allowed)) for name, given in content.items()}


def _target(name: str, given: dict[str, Any], folder: Path, allowed: Collection[str]) -> Target:
    if unknown := set(given) - {"url", "url_file", "sites", "on_duty", "language"}:
        raise _wrong(name, f"unknown setting {', '.join(sorted(unknown))}")
    url, sites, on_duty = given.get("url"), given.get("sites", "all"), given.get("on_duty", False)
    if "url_file" in given:
        url = _text(name, folder / str(given["url_file"]))
    if not isinstance(url, str) or "://" not in url:
        raise _wrong(name, "url is missing, or is no address of Apprise's form")
    scheme = url.partition("://")[0].lower()
    if scheme not in allowed:
        raise _wrong(name, f"{scheme}:// is not allowed. RACKSIDE_ALERT_SCHEMES={scheme} would allow it")
    if sites != "all" and not (isinstance(sites, list) and sites and all(isinstance(one, str) for one in sites)):
        raise _wrong(name, 'sites must be "all" or a list of codes')
    if not isinstance(on_duty, bool):
        raise _wrong(name, "on_duty must be true or false")
    language = given.get("language", Language.ENGLISH)
    if language not in list(Language):
        raise _wrong(name, f"language must be one of {', '.join(Language)}")
    return Target(name, url, None if sites == "all" else frozenset(sites), on_duty, Language(language))


def _text(name: str, path: Path) -> str:
    try:
        return text_in(path)
    except Invalid as error:
        raise _wrong(name, f"url_file: {error.detail}") from error


def _wrong(name: str, detail: str) -> Invalid:
    return wrong(SETTING, "target", name, detail)
