"""Machines as they are recorded: reachable at all, asked in private, and heard lately."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, Final

from nacl.exceptions import CryptoError
from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from app.core.errors import Unavailable
from app.doctor.findings import Said, count, ok, problem, some, warning
from app.doctor.look import Look
from app.hardware.models import Asset, AssetSweep, Endpoint
from app.hardware.queries_sweep import newest_sweeps
from app.hardware.sealing import open_sealed, read_key
from app.sites.models import Site

GUESSED: Final = frozenset({"public", "private", "community", "snmp"})
MOST_OPENED: Final = 5000
MISSED: Final = 3  # sweeps
IN_THE_CLEAR: Final = (1, 2, 6, 7, 11, 15, 16)  # IPMI's cipher suites without encryption


def credentials(look: Look) -> Iterator[Said]:
    """Servers that nothing asks, and BMCs without a password."""
    unknown = and_(Asset.role == "server", ~exists().where(Endpoint.asset_id == Asset.id))
    nameless = exists().where(
        Endpoint.asset_id == Asset.id, Endpoint.protocol.in_(("ipmi", "redfish")), Endpoint.sealed.is_(None)
    )
    with look.session() as session:
        without, silent = _tags(session, unknown), _tags(session, nameless)
    if without[1]:
        yield warning(
            f"{count(without[1], 'server has', 'servers have')} no address to be asked at: {some(*without)}.",
            "Enter their BMC: on the machine's page, or ./rackside asset endpoint.",
        )
    if silent[1]:
        yield warning(
            f"{count(silent[1], 'BMC', 'BMCs')} without a password: {some(*silent)}.",
            "Enter it on the machine's page; only the site's worker can read it.",
        )
    if not without[1] and not silent[1]:
        yield ok("Every server has an address and credentials.")


def encryption(look: Look) -> Iterator[Said]:
    """Devices that are asked in the clear, or without looking who answers."""
    given = Endpoint.settings
    old = and_(Endpoint.protocol == "snmp", func.coalesce(given["version"].astext, "2c") != "3")
    unprivate = and_(Endpoint.protocol == "snmp", given["version"].astext == "3", given["privacy"].astext.is_(None))
    plain = and_(Endpoint.protocol == "redfish", given["address"].astext.like("http://%"))
    unchecked = and_(
        Endpoint.protocol == "redfish", given["verify_tls"].astext == "false", given["fingerprint"].astext.is_(None)
    )
    bare = and_(Endpoint.protocol == "ipmi", or_(*(given["cipher_suites"].contains([one]) for one in IN_THE_CLEAR)))
    table = (
        (or_(old, unprivate), "asked over SNMP in the clear", "Use SNMPv3 with privacy where the device has it."),
        (plain, "asked over Redfish without TLS", "Change their address to https://."),
        (unchecked, "asked over Redfish whatever their certificate",
         "Pin each one's fingerprint, or have it give a certificate that can be checked."),
        (bare, "allowed IPMI cipher suites without encryption", "Leave 17 and 3 in cipher_suites."),
    )  # fmt: skip
    private = True
    for condition, what, advice in table:
        with look.session() as session:
            tags, total = _tags(session, exists().where(Endpoint.asset_id == Asset.id, condition))
        if total:
            private = False
            yield warning(f"{count(total, 'device is', 'devices are')} {what}: {some(tags, total)}.", advice)
    if private:
        yield ok("Every device is asked in private.")


def _tags(session: Session, condition: ColumnElement[bool]) -> tuple[Sequence[str], int]:
    """The first tags that fit, and how many do."""
    total = session.scalar(select(func.count()).select_from(Asset).where(condition)) or 0
    return session.scalars(select(Asset.tag).where(condition).order_by(Asset.tag).limit(5)).all(), total


def communities(look: Look) -> Iterator[Said]:
    """SNMP communities that anybody guesses, as far as this machine holds the sites' keys."""
    keys = look.settings.site_keys
    wanted = (
        select(Asset.tag, Site.code, Endpoint.sealed)
        .join(Asset, Asset.id == Endpoint.asset_id)
        .join(Site, Site.id == Asset.site_id)
        .where(Endpoint.protocol == "snmp", func.coalesce(Endpoint.settings["version"].astext, "2c") != "3")
        .order_by(Asset.tag)
        .limit(MOST_OPENED)
    )
    with look.session() as session:
        rows = session.execute(wanted).all()
    known: dict[str, str | None] = {}
    guessed = []
    for tag, code, sealed in rows:
        if code not in known:
            known[code] = _key(look, code)
        if sealed is None or (known[code] is not None and _community(known[code] or "", sealed) in GUESSED):
            guessed.append(tag)
    if guessed:
        yield warning(
            f"{count(len(guessed), 'device answers', 'devices answer')} to an SNMP community that anybody guesses: "
            f"{some(guessed)}.",
            "Set a community of your own on the device, then on its page here.",
        )
    elif any(known.values()):
        yield ok("No SNMP community is one that anybody guesses.")
    elif rows:
        yield ok(f"SNMP communities cannot be looked at here: {keys} holds no key of a site.")


def _key(look: Look, code: str) -> str | None:
    try:
        return read_key(look.settings.site_keys, code)
    except Unavailable:
        return None


def _community(key: str, sealed: bytes) -> str | None:
    try:
        secrets: dict[str, Any] = open_sealed(key, sealed)["secrets"]
    except (Unavailable, CryptoError, ValueError):
        return None  # the check of the sites' keys tells that
    return str(secrets.get("community", "public"))


def sweeps(look: Look) -> Iterator[Said]:
    """Whether every machine was asked as lately as it should have been, and answered."""
    every, now = look.settings.sweep_every, look.clock()
    if not every:
        yield ok("Sweeps are switched off (RACKSIDE_SWEEP_MINUTES=0).")
        return
    asked = select(Endpoint.id).join(Asset).where(Asset.site_id == Site.id).exists()
    with look.session() as session:
        sites = {row.id: row.code for row in session.execute(select(Site.id, Site.code).where(asked))}
        newest = newest_sweeps(session, list(sites))
        silent, total = _tags(session, exists().where(AssetSweep.asset_id == Asset.id, AssetSweep.is_silent))
    late = sorted(
        code for number, code in sites.items()
        if number not in newest or now - newest[number].started_at > MISSED * every
    )  # fmt: skip
    if late:
        minutes = MISSED * every / timedelta(minutes=1)
        yield problem(
            f"The last sweep of {some(late)} began more than {minutes:.0f} minutes ago, or there was none.",
            f"See that a worker serves {late[0]}; a sweep that takes longer than {every / timedelta(minutes=1):.0f} "
            "minutes wants a greater RACKSIDE_SWEEP_MINUTES.",
        )
    if total:
        yield warning(
            f"{count(total, 'machine was', 'machines were')} silent in the last sweep: {some(silent, total)}.",
            "Take diagnostics on the machine's page: it says for each source what is wrong.",
        )
    if not late and not total:
        yield ok(f"{count(len(sites), 'site was', 'sites were')} swept in time, and every machine answered.")
