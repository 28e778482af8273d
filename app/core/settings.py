"""One frozen object built from the environment at start; a wrong value stops the process and names itself."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from app.core.errors import Invalid


@dataclass(frozen=True, slots=True)
class Settings:
    """All that can be set from outside; names in docs/settings.md."""

    database_url: str | None = field(repr=False)
    instance: Path
    base_url: str
    integrations_file: Path | None
    site_keys: Path
    stream_limit: int
    drill_offset: timedelta
    confirmation_silence: timedelta
    proxies: int = 0
    traps: tuple[str, int] | None = None
    alerts_file: Path | None = None
    alert_schemes: frozenset[str] = frozenset()
    sweep_every: timedelta = timedelta(minutes=5)
    sweep_months: int = 3
    backup_days: int = 7

    @property
    def secure_cookies(self) -> bool:
        """True wherever people reach the product over HTTPS."""
        return self.base_url.startswith("https://")


def from_environment(env: Mapping[str, str] | None = None) -> Settings:
    """Read the environment (DATABASE_URL, RACKSIDE_*, each also as *_FILE); raises Invalid naming the variable."""
    env = os.environ if env is None else env
    instance = Path(_text(env, "RACKSIDE_INSTANCE") or "instance").resolve()
    integrations = _text(env, "RACKSIDE_INTEGRATIONS")
    keys = _text(env, "RACKSIDE_SITE_KEYS")
    base_url = (_text(env, "RACKSIDE_BASE_URL") or "http://127.0.0.1:8080").rstrip("/")
    if not base_url.startswith(("http://", "https://")):
        raise Invalid("invalid", "RACKSIDE_BASE_URL must start with http:// or https://")
    return Settings(
        database_url=_database_url(_text(env, "DATABASE_URL")),
        instance=instance,
        base_url=base_url,
        integrations_file=Path(integrations) if integrations else None,
        site_keys=Path(keys) if keys else instance / "site-keys",
        stream_limit=_whole(env, "RACKSIDE_STREAM_LIMIT", default=200, low=1, high=10_000),
        drill_offset=timedelta(seconds=_drill(env)),
        confirmation_silence=timedelta(
            hours=_whole(env, "RACKSIDE_CONFIRMATION_SILENCE_HOURS", default=24, low=1, high=720)
        ),
        proxies=_whole(env, "RACKSIDE_PROXIES", default=0, low=0, high=10),
        traps=_traps(_text(env, "RACKSIDE_TRAPS")),
        alerts_file=Path(alerts) if (alerts := _text(env, "RACKSIDE_ALERTS")) else None,
        alert_schemes=frozenset((_text(env, "RACKSIDE_ALERT_SCHEMES") or "").replace(",", " ").lower().split()),
        sweep_every=timedelta(minutes=_whole(env, "RACKSIDE_SWEEP_MINUTES", default=5, low=0, high=1440)),
        backup_days=_whole(env, "RACKSIDE_BACKUP_DAYS", default=7, low=0, high=365),
        sweep_months=_whole(env, "RACKSIDE_SWEEP_MONTHS", default=3, low=1, high=120),
    )


def _text(env: Mapping[str, str], name: str) -> str | None:
    if path := env.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise Invalid("invalid", f"{name}_FILE cannot be read: {error.strerror}") from error
    return env.get(name) or None


def _whole(env: Mapping[str, str], name: str, *, default: int, low: int, high: int) -> int:
    text = _text(env, name)
    if text is None:
        return default
    try:
        number = int(text)
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise Invalid("invalid", f"{name} must be a whole number from {low} to {high}")
    return number


def _drill(env: Mapping[str, str]) -> int:
    offset = _whole(env, "RACKSIDE_DRILL_OFFSET_S", default=0, low=-(10**10), high=10**10)
    if offset and env.get("RACKSIDE_DRILL") != "1":
        raise Invalid("invalid", "RACKSIDE_DRILL_OFFSET_S is for the demo and for tests only (RACKSIDE_DRILL=1)")
    return offset


def _traps(text: str | None) -> tuple[str, int] | None:
    """Where the site's worker listens for SNMP traps: an IP address of this machine and a UDP port."""
    if text is None:
        return None
    host, _, port = text.rpartition(":")
    try:
        address = ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
        number = int(port)
    except ValueError:
        number = 0
    if not 1 <= number <= 65535:
        raise Invalid("invalid", "RACKSIDE_TRAPS must be an IP address and a UDP port: 0.0.0.0:162 or [::]:162")
    return str(address), number


def _database_url(url: str | None) -> str | None:
    """SQLAlchemy's spelling of a PostgreSQL address, driver named."""
    if url is None:
        return None
    for prefix in ("postgresql+psycopg://", "postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    raise Invalid("invalid", "DATABASE_URL must start with postgresql://")
