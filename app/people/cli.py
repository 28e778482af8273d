"""`rackside person` and `rackside token`: people, roles and API tokens at the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from app.core.cli import Output, Parser, administer
from app.core.clock import true_now, utc_text
from app.core.database import db
from app.core.errors import Invalid
from app.core.permissions import Permission, Role
from app.people import queries
from app.people.models import ApiToken, Person
from app.people.operations import accounts, tokens
from app.sites.models import Site
from app.sites.queries import site_coded, site_codes

BY: Final = "cli"


def person(argv: Sequence[str]) -> int:
    """`rackside person`: exit 0 done, 1 refused, 64 bad arguments."""
    parser = Parser("rackside person", description="People and the roles they hold.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    add = _verb(verbs, "add", _add, "add a person, or a program with the role integration")
    add.add_argument("--full-name", required=True)
    add.add_argument("--email")
    add.add_argument("--phone")
    add.add_argument(
        "--role", action="append", default=[], metavar="ROLE@SITE", help="like technician@AMS1 or manager@all"
    )
    add.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    _verb(verbs, "list", _list, "everybody, with their roles", named=False)
    for name, act in (("grant", _grant), ("revoke", _revoke)):
        _verb(verbs, name, act, f"{name} roles").add_argument("role", nargs="+", metavar="ROLE@SITE")
    _verb(verbs, "password", _password, "set a password, read from standard input")
    _verb(verbs, "deactivate", _deactivate, "shut somebody out at once")
    _verb(verbs, "activate", _activate, "let somebody back in")
    return _run(parser, argv)


def token(argv: Sequence[str]) -> int:
    """`rackside token`: exit 0 done, 1 refused, 64 bad arguments."""
    parser = Parser("rackside token", description="API tokens. A new one is shown once.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    create = _verb(verbs, "create", _create, "a token of a person")
    create.add_argument("--for", dest="purpose", required=True, help="what it is for")
    create.add_argument("--scope", action="append", choices=[p.value for p in Permission], help="only this permission")
    create.add_argument("--days", type=int, help="expires after so many days")
    _verb(verbs, "list", _tokens, "a person's tokens")
    _verb(verbs, "revoke", _revoke_token, "take a token back at once").add_argument("id", type=int)
    return _run(parser, argv)


def _verb(
    verbs: Any, name: str, act: Callable[..., Output], about: str, *, named: bool = True
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=about, description=about)
    parser.set_defaults(act=act)
    parser.add_argument("--json", action="store_true", help="print JSON")
    if named:
        parser.add_argument("name", metavar="NAME")
    return parser


def _run(parser: argparse.ArgumentParser, argv: Sequence[str]) -> int:
    arguments = parser.parse_args(argv)
    return administer(arguments.act, arguments)


def _add(arguments: argparse.Namespace) -> Output:
    added = accounts.add_person(
        db.session(),
        name=arguments.name,
        full_name=arguments.full_name,
        email=arguments.email,
        phone=arguments.phone,
        password=_typed_password() if arguments.password_stdin else None,
        by=BY,
        now=true_now(),
    )
    for role, site in map(_role_at, arguments.role):
        accounts.grant(db.session(), added, role, site, by=BY, now=true_now())
    return _said(added)


def _list(_arguments: argparse.Namespace) -> Output:
    people = queries.everybody(db.session(), limit=100_000)
    codes = site_codes(db.session())
    forms = [_form(one, codes) for one in people]
    return {"items": forms, "next": None}, [_line(form) for form in forms]


def _grant(arguments: argparse.Namespace) -> Output:
    return _with_roles(arguments, accounts.grant)


def _revoke(arguments: argparse.Namespace) -> Output:
    return _with_roles(arguments, accounts.revoke)


def _with_roles(arguments: argparse.Namespace, act: Callable[..., object]) -> Output:
    found = queries.person_named(db.session(), arguments.name)
    for role, site in map(_role_at, arguments.role):
        act(db.session(), found, role, site, by=BY, now=true_now())
    return _said(found)


def _password(arguments: argparse.Namespace) -> Output:
    found = queries.person_named(db.session(), arguments.name)
    accounts.set_password(db.session(), found, _typed_password(), by=BY, now=true_now())
    return _said(found)


def _deactivate(arguments: argparse.Namespace) -> Output:
    found = queries.person_named(db.session(), arguments.name)
    accounts.deactivate(db.session(), found, by=BY, now=true_now())
    return _said(found)


def _activate(arguments: argparse.Namespace) -> Output:
    found = queries.person_named(db.session(), arguments.name)
    accounts.activate(db.session(), found, by=BY, now=true_now())
    return _said(found)


def _create(arguments: argparse.Namespace) -> Output:
    now = true_now()
    made, secret = tokens.create_token(
        db.session(),
        queries.person_named(db.session(), arguments.name),
        name=arguments.purpose,
        by=BY,
        now=now,
        scopes=None if arguments.scope is None else [Permission(scope) for scope in arguments.scope],
        expires_at=now + timedelta(days=arguments.days) if arguments.days is not None else None,
    )
    return {**_token_form(made), "token": secret}, [secret]


def _tokens(arguments: argparse.Namespace) -> Output:
    found = queries.person_named(db.session(), arguments.name)
    forms = [_token_form(one) for one in queries.tokens_of(db.session(), found.id)]
    lines = [f"{form['id']:>6}  {form['name']}  until {form['expires_at'] or 'revoked'}" for form in forms]
    return {"items": forms, "next": None}, lines


def _revoke_token(arguments: argparse.Namespace) -> Output:
    found = queries.person_named(db.session(), arguments.name)
    revoked = queries.token_of(db.session(), found.id, arguments.id)
    tokens.revoke_token(db.session(), revoked, by=BY, now=true_now())
    return _token_form(revoked), [f"token {revoked.id} ({revoked.name}) is revoked"]


def _role_at(text: str) -> tuple[Role, Site | None]:
    name, _, code = text.partition("@")
    if name not in set(Role) or not code:
        raise Invalid(
            "invalid", f"{text!r} is no role at a site: write ROLE@SITE or ROLE@all, roles are {', '.join(Role)}"
        )
    return Role(name), None if code == "all" else site_coded(db.session(), code)


def _typed_password() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _said(person: Person) -> Output:
    form = _form(person, site_codes(db.session()))
    return form, [_line(form)]


def _form(person: Person, codes: Mapping[int, str]) -> dict[str, Any]:
    roles = sorted(f"{g.role}@{'all' if g.site_id is None else codes[g.site_id]}" for g in person.grants)
    return {
        "name": person.name,
        "full_name": person.full_name,
        "email": person.email,
        "active": person.active,
        "can_sign_in": person.active and person.password_hash is not None,
        "roles": roles,
    }


def _line(form: dict[str, Any]) -> str:
    state = "" if form["active"] else " (deactivated)"
    return f"{form['name']:<16} {form['full_name']}{state}: {', '.join(form['roles']) or 'no role'}"


def _token_form(token: ApiToken) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "scopes": token.scopes,
        "created_at": utc_text(token.created_at),
        "expires_at": utc_text(token.expires_at) if token.expires_at else None,
        "revoked_at": utc_text(token.revoked_at) if token.revoked_at else None,
    }
