"""`rackside asset`: servers and what feeds them, at the command line."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from app.core.access import Grant, Principal
from app.core.cli import Output, Parser, administer
from app.core.clock import business_now
from app.core.database import db
from app.core.errors import Invalid
from app.core.permissions import Role
from app.core.settings import from_environment
from app.hardware import queries
from app.hardware.models import Asset
from app.hardware.operations import cabling
from app.hardware.operations.assets import FACES, Entry, Position, add_asset, change_asset, place_asset
from app.hardware.operations.endpoints import SECRETS, remove_endpoint, set_endpoint
from app.hardware.operations.keys import create_site_key
from app.hardware.outward import asset_form, place_line
from app.hardware.target import ROLES
from app.sites.queries import site_coded

BY: Final = "cli"
EVERYWHERE: Final = Principal(0, BY, BY, frozenset({Grant(Role.SYSADMIN, None)}))
FACTS: Final = ("role", "name", "serial", "model", "customer")


def asset(argv: Sequence[str]) -> int:
    """`rackside asset`: exit 0 done, 1 refused, 64 bad arguments."""
    parser = Parser("rackside asset", description="Servers, PDUs and switches: where they stand, what feeds them.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    listed = _verb(verbs, "list", _list, "assets by tag")
    listed.add_argument("--site", metavar="CODE")
    listed.add_argument("--search", metavar="WORDS", help="in tag, serial, name or rack")
    _tagged(_verb(verbs, "show", _show, "one asset"))
    _entered(_tagged(_verb(verbs, "add", _add, "enter an asset")), needs_site=True)
    _entered(_tagged(_verb(verbs, "change", _change, "correct what is recorded, or its place")), needs_site=False)
    _endpoint_arguments(verbs)
    _cabling_arguments(verbs)
    key = _verb(verbs, "key", _key, "create the key of a site, on the machine of its worker; never overwrites one")
    key.add_argument("site", metavar="SITE")
    key.add_argument("--lost", action="store_true", help="the key is lost: all credentials must be entered again")
    arguments = parser.parse_args(argv)
    return administer(arguments.act, arguments)


def _verb(verbs: Any, name: str, act: Callable[[argparse.Namespace], Output], about: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=about, description=about)
    parser.set_defaults(act=act)
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _tagged(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("tag", metavar="TAG")
    return parser


def _entered(parser: argparse.ArgumentParser, *, needs_site: bool) -> None:
    if needs_site:
        parser.add_argument("--site", metavar="CODE", required=True)
    parser.add_argument("--role", choices=ROLES)
    for name in FACTS[1:]:
        parser.add_argument(f"--{name}")
    parser.add_argument("--rack", metavar="LABEL")
    parser.add_argument("--room", default="")
    parser.add_argument("--u", type=int, metavar="UNIT", help="lowest rack unit")
    parser.add_argument("--height", type=int, default=1, metavar="UNITS")
    parser.add_argument("--face", choices=FACES, default="front")


def _endpoint_arguments(verbs: Any) -> None:
    about = "how one protocol reaches an asset: that part of a probe's target, as JSON"
    endpoint = _tagged(_verb(verbs, "endpoint", _endpoint, about))
    endpoint.add_argument("protocol", choices=sorted(SECRETS))
    way = endpoint.add_mutually_exclusive_group(required=True)
    way.add_argument("file", nargs="?", metavar="FILE.json", help="- reads standard input")
    way.add_argument("--remove", action="store_true")


def _cabling_arguments(verbs: Any) -> None:
    power = _tagged(_verb(verbs, "power", _power, "which outlet feeds a power supply; without PDU: nothing"))
    power.add_argument("psu", metavar="PSU")
    power.add_argument("pdu", nargs="?", metavar="PDU")
    power.add_argument("outlet", nargs="?", metavar="OUTLET")
    network = _tagged(_verb(verbs, "network", _network, "where a port is plugged in; without SWITCH: nowhere"))
    network.add_argument("port", metavar="PORT")
    network.add_argument("switch", nargs="?", metavar="SWITCH")
    network.add_argument("switch_port", nargs="?", metavar="SWITCH_PORT")
    network.add_argument("--mac")


def _signed() -> dict[str, Any]:
    return {"by": BY, "now": business_now()}


def _list(arguments: argparse.Namespace) -> Output:
    found: list[Asset] = []
    after: str | None = None
    while True:
        page, after = queries.assets_for(
            db.session(),
            EVERYWHERE,
            site=arguments.site,
            words=arguments.search,
            after=after,
            limit=queries.LIMIT,
            whole=True,
        )
        found += page
        if after is None:
            break
    lines = [f"{one.tag:<24} {one.role:<7} {place_line(one)}" for one in found]
    return {"items": [asset_form(one) for one in found], "next": None}, lines


def _show(arguments: argparse.Namespace) -> Output:
    return _said(_found(arguments))


def _add(arguments: argparse.Namespace) -> Output:
    site = site_coded(db.session(), arguments.site)
    given = {name: value for name in FACTS if (value := getattr(arguments, name)) is not None}
    return _placed(add_asset(db.session(), site, Entry(arguments.tag, **given), **_signed()), arguments)


def _change(arguments: argparse.Namespace) -> Output:
    known = _found(arguments)
    facts = {name: getattr(known, name) if (new := getattr(arguments, name)) is None else new for name in FACTS}
    change_asset(db.session(), known, Entry(known.tag, **facts), **_signed())
    return _placed(known, arguments)


def _placed(known: Asset, arguments: argparse.Namespace) -> Output:
    if arguments.rack:
        position = Position(arguments.rack, arguments.room, arguments.u, arguments.height, arguments.face)
        place_asset(db.session(), known, position, **_signed())
    elif arguments.u is not None:
        raise Invalid("invalid", "A unit needs its rack: --rack LABEL")
    return _said(known)


def _endpoint(arguments: argparse.Namespace) -> Output:
    known = _found(arguments)
    if arguments.remove:
        remove_endpoint(db.session(), known, arguments.protocol, **_signed())
    else:
        set_endpoint(db.session(), known, arguments.protocol, _read_object(arguments.file), **_signed())
    return _said(known)


def _power(arguments: argparse.Namespace) -> Output:
    known = _found(arguments)
    if arguments.pdu is None:
        cabling.remove_power_cord(db.session(), known, psu=arguments.psu, **_signed())
    else:
        pdu = queries.asset_by_tag(db.session(), arguments.pdu)
        outlet = arguments.outlet or ""
        cabling.set_power_cord(db.session(), known, psu=arguments.psu, pdu=pdu, outlet=outlet, **_signed())
    return _said(known)


def _network(arguments: argparse.Namespace) -> Output:
    known = _found(arguments)
    if arguments.switch is None:
        cabling.remove_network_cable(db.session(), known, port=arguments.port, **_signed())
    else:
        ends: dict[str, Any] = {"port": arguments.port, "switch_port": arguments.switch_port or ""}
        ends |= {"switch": queries.asset_by_tag(db.session(), arguments.switch), "mac": arguments.mac}
        cabling.set_network_cable(db.session(), known, **ends, **_signed())
    return _said(known)


def _key(arguments: argparse.Namespace) -> Output:
    site = site_coded(db.session(), arguments.site)
    folder = from_environment().site_keys
    path = create_site_key(db.session(), site, folder, lost=arguments.lost, **_signed())
    said = {"site": site.code, "public_key": site.public_key, "private_key_file": str(path)}
    return said, [f"The private key of {site.code} is {path}: only its worker may read it. Keep a copy in a safe."]


def _read_object(source: str) -> dict[str, Any]:
    """JSON with secrets, from a file or standard input, so that none stands on a command line."""
    try:
        raw = json.loads(sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Invalid("invalid", f"{source} cannot be read: {type(error).__name__}.") from error
    if not isinstance(raw, dict):
        raise Invalid("invalid", f"{source} holds no JSON object.")
    return raw


def _found(arguments: argparse.Namespace) -> Asset:
    return queries.asset_by_tag(db.session(), arguments.tag)


def _said(known: Asset) -> Output:
    form = asset_form(known)
    cords = [f"  PSU {one['psu']}: {one['pdu']} outlet {one['outlet']}" for one in form["power"]]
    cables = [f"  {one['port']}: {one['switch']} {one['switch_port']}" for one in form["network"]]
    head = f"{known.tag} ({known.role}), serial {known.serial or 'not known'}, {place_line(known)}"
    return form, [head, *cords, *cables, f"  asked over: {', '.join(form['sources']) or 'nothing'}"]
