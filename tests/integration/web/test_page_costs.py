"""What a page costs the database: a number of queries that is stated, does not grow, and finds an index for each."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import pytest
from apiflask import APIFlask
from psycopg import RawCursor
from sqlalchemy import Connection, Engine, create_engine, event, text
from werkzeug.routing import AnyConverter, Rule

from app.core import asking
from app.core.clock import set_drill, true_now
from app.core.database import db
from app.core.settings import from_environment
from app.people.queries import secret_hash
from app.web.app import create_app
from bench.crowd import Size, fill
from tests.databases import administer, sibling

STATED = Path(__file__).with_name("page_costs.json")
AT = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)  # a Wednesday: what is looked for ahead must not depend on today
FEW = Size(sites=2, assets=120, orders=2000, at=AT)
MORE = Size(sites=8, assets=1200, orders=6000, at=AT)
PEOPLE = ("technician", "l1_engineer", "sysadmin", "manager", "admin")
GROWING = {
    "absence", "appointment", "asset", "device_action", "device_event", "diagnostics", "endpoint", "escalation",
    "event", "idempotency", "message", "network_cable", "photo", "power_cord", "procrastinate_jobs", "referral",
    "removed_part", "ring", "roster", "spare", "step", "step_conflict", "ticket", "work_order",
}  # fmt: skip
GROWS_WITH_SITES = {"/report", "/report.csv"}  # they read the period of each site by itself
ONE_MORE = 1  # a relation that the few orders opened happen to lack; four times the sites would be more
NOT_PAGES = {"/stream", "/static/<path:filename>"}
ASKED = {  # what the forms of these pages send
    "/orders": ("site=S001", "state=closed", "state=needs_info", "asset=S001-00021", "technician=tech1", "ticket=T-7"),
    "/inbox": ("site=S001", "technician=tech1"),
    "/assets": ("q=S001-0002", "q=s0", "q=B1", "site=S001", "site=S001&q=host2"),
    "/orders/new": ("asset=S001-00021&job_kind=disk_swap&bay=3&team=data_center",),
    "/orders/new/machine": ("asset=S001-00021", "asset=0002"),
    "/orders/new/offer": ("asset=S001-00021&job_kind=disk_swap&bay=3&team=data_center", "team=billing"),
    "/assets/<tag>/history": ("period=90d",),
    "/api/v1/assets": ("search=S001-0002", "site=S001"),
    "/api/v1/work-orders": ("site=S001", "asset=S001-00021", "technician=tech1", "ticket=T-7", "state=booked"),
    "/api/v1/offers": ("asset=S001-00021&job_kind=disk_swap&bay=3",),
}
Query = tuple[str, Any]


@dataclass(frozen=True)
class House:
    """The application over one filled database, with a browser of each role, and the queries that it makes."""

    app: APIFlask
    engine: Engine
    secrets: Mapping[str, str]
    queries: list[Query]
    kinds: dict[str, Query]
    values: Mapping[str, tuple[str, ...]]

    def opened(self, role: str, address: str) -> list[Query]:
        """Open a page as somebody; what it asked of the database. A page that fails is no page."""
        browser = self.app.test_client()
        browser.set_cookie("rackside", self.secrets[role])
        self.queries.clear()
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(asking, "RawCursor", _watched(self.queries))
            response = browser.get(address)
        response.close()
        assert response.status_code in {200, 302, 303, 403, 404, 422}, f"{role} {address}: {response.status}"
        for said, given in self.queries:
            self.kinds.setdefault(re.sub(r"\((%\(\w+\)s(::\w+)?(, )?)+\)", "(...)", said), (said, given))
        return list(self.queries) if response.status_code == 200 else []

    def addresses(self) -> Iterator[tuple[str, str]]:
        """Every page there is, by its rule, with values that exist."""
        for rule in self.app.url_map.iter_rules():
            if "GET" in (rule.methods or ()) and rule.rule not in NOT_PAGES:
                for address in self._of(rule):
                    yield rule.rule, address
                    yield from ((rule.rule, f"{address}?{asked}") for asked in ASKED.get(rule.rule, ()))

    def _of(self, rule: Rule) -> Iterator[str]:
        if rule.rule.startswith("/messages/"):
            yield "/messages/booked/de"
            return
        if rule.rule == "/orders/<number>/completion-report":  # one: each is drawn
            yield f"/orders/{self.values['done'][0]}/completion-report"
            return
        if rule.rule.startswith("/procedures/"):
            yield "/procedures/disk_swap"
            return
        built = self.app.url_map.bind("localhost")
        choices = {name: self.values[name] if name in self.values else _words(rule, name) for name in rule.arguments}
        for place in range(max(map(len, choices.values()), default=1)):
            yield built.build(rule.endpoint, {name: known[place % len(known)] for name, known in choices.items()})


@contextlib.contextmanager
def house(postgres_url: str, template: str, name: str, size: Size, tmp_path: Path) -> Iterator[House]:
    """A database of that size with the application over it."""
    administer(postgres_url, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    url = sibling(postgres_url, name)
    fill(url, size)
    app = create_app(from_environment({"DATABASE_URL": url, "RACKSIDE_INSTANCE": str(tmp_path)}))
    queries: list[Query] = []
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            secrets = {role: _signed_in(connection, role) for role in PEOPLE}
            values = _values(connection)
        with app.app_context():
            event.listen(
                db.engine, "before_cursor_execute", lambda _c, _u, said, given, *_: queries.append((said, given))
            )
        set_drill(AT - true_now())
        yield House(app, engine, secrets, queries, {}, values)
    finally:
        set_drill(timedelta(0))
        engine.dispose()
        with app.app_context():
            db.engine.dispose()


def _watched(queries: list[Query]) -> type[RawCursor[Any]]:
    """A cursor that notes what it is asked: SQLAlchemy's events do not tell of those statements."""

    class Watched(RawCursor[Any]):
        def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
            queries.append((query, params))
            return super().execute(query, params, **options)

    return Watched


def _signed_in(connection: Any, role: str) -> str:
    now = true_now()  # seen later than now: no page pays for what every session writes once a minute
    connection.execute(
        text(
            "INSERT INTO web_session (secret_hash, person_id, created_at, seen_at, expires_at) SELECT :hash, person_id,"
            " :now, :later, :later FROM role_grant WHERE role = :role ORDER BY person_id LIMIT 1"
        ),
        {"hash": secret_hash(role), "now": now, "later": now + timedelta(days=1), "role": role},
    )
    return role


def _values(connection: Any) -> dict[str, tuple[str, ...]]:
    """What stands in addresses: orders of every state, a machine, its diagnostics, a referral."""

    def found(query: str) -> tuple[str, ...]:
        return tuple(str(row[0]) for row in connection.execute(text(query)))

    return {
        "number": found("SELECT max(number) FROM work_order WHERE site_id = 1 GROUP BY state"
                        " UNION ALL SELECT max(number) FROM referral"),
        "done": found("SELECT max(number) FROM work_order WHERE site_id = 1 AND state = 'closed'"),
        "tag": ("S001-00021",),
        "code": ("S001",),
        "name": ("tech1",),
        "ticket_id": ("50",),
        "spare_id": ("1",),
        "part_id": found("SELECT min(id) FROM removed_part GROUP BY state"),
        "protocol": ("ipmi",),
        "photo_id": ("00000000-0000-0000-0000-000000000001",),
        "diagnostics_id": found("SELECT diagnostics.id FROM diagnostics JOIN asset ON asset.id = asset_id"
                                " WHERE tag = 'S001-00021'"),
    }  # fmt: skip


@pytest.fixture(scope="module")
def few(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Two sites."""
    with house(postgres_url, template, "costs_few", FEW, tmp_path_factory.mktemp("few")) as made:
        yield made


@pytest.fixture(scope="module")
def more(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Eight sites, fifteen times the orders."""
    with house(postgres_url, template, "costs_more", MORE, tmp_path_factory.mktemp("more")) as made:
        yield made


def _words(rule: Rule, name: str) -> tuple[str, ...]:
    """The words that an address takes in that place."""
    converter = rule._converters[name]
    assert isinstance(converter, AnyConverter), f"{rule.rule}: the test knows no value for {name}"
    return tuple(sorted(converter.items))


@pytest.fixture(scope="module")
def by_role(more: House) -> dict[str, dict[str, int]]:
    """The most queries that each page made for each role."""
    most: dict[str, dict[str, int]] = {}
    for rule, address in more.addresses():
        known = most.setdefault(rule, {})
        known.update({role: max(known.get(role, 0), len(more.opened(role, address))) for role in PEOPLE})
    return most


@pytest.fixture(scope="module")
def cost_of_more(by_role: dict[str, dict[str, int]]) -> dict[str, int]:
    """Whoever opened it."""
    return {rule: max(known.values()) for rule, known in by_role.items()}


@pytest.fixture(scope="module")
def cost_of_few(few: House, by_role: dict[str, dict[str, int]], cost_of_more: dict[str, int]) -> dict[str, int]:
    """The most that each page made, tried until it is as much as where there is more: whom it costs most come first."""
    most: dict[str, int] = {}
    for rule, address in few.addresses():
        for role in sorted(PEOPLE, key=lambda one: -by_role[rule][one]):
            if rule not in most or most[rule] + ONE_MORE < cost_of_more[rule]:
                most[rule] = max(most.get(rule, 0), len(few.opened(role, address)))
    return most


def test_no_page_asks_more_often_because_there_is_more(
    cost_of_few: dict[str, int], cost_of_more: dict[str, int]
) -> None:
    grown = {
        rule: (cost_of_few[rule], most) for rule, most in cost_of_more.items() if most > cost_of_few[rule] + ONE_MORE
    }
    assert grown.keys() <= GROWS_WITH_SITES, grown


def test_every_page_makes_at_most_the_queries_stated_for_it(cost_of_more: dict[str, int]) -> None:
    stated: dict[str, int] = json.loads(STATED.read_text(encoding="utf-8"))
    dearer = {rule: most for rule, most in cost_of_more.items() if most > stated.get(rule, 0)}
    assert dearer == {}, f"{STATED.name} states less; all of them: {json.dumps(cost_of_more, indent=1, sort_keys=True)}"
    assert set(stated) == set(cost_of_more)


def test_no_page_reads_a_growing_table_from_end_to_end(more: House, cost_of_more: dict[str, int]) -> None:
    assert len(cost_of_more) < len(more.kinds)
    read = []
    with more.engine.connect() as connection:
        connection.exec_driver_sql("SET enable_seqscan = off")  # a sequential scan that is left had no index to use
        for said, given in more.kinds.values():
            if said.lstrip().upper().startswith(("SELECT", "WITH")):
                plan = _plan(connection, said, given)
                read += [f"{table}: {said}" for table in _scanned(plan) & GROWING]
    assert read == []


def _plan(connection: Connection, said: str, given: Any) -> list[str]:
    if isinstance(given, list):  # a statement with the database's own placeholders
        with RawCursor(connection.connection.driver_connection) as cursor:  # type: ignore[arg-type] # SQLAlchemy does not know which driver it is
            return [row[0] for row in cursor.execute(f"EXPLAIN {said}".encode(), given).fetchall()]
    return list(connection.exec_driver_sql(f"EXPLAIN {said}", given).scalars().all())


def _scanned(plan: Any) -> set[str]:
    return {found[1] for line in plan if (found := re.search(r"Seq Scan on (\w+)", line))}
