"""Assets at the command line: one by one, and from a spreadsheet where every row is good or nothing is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.cli import main
from app.hardware.models import Asset
from app.hardware.operations.reach import target_for
from app.hardware.queries import asset_by_tag
from app.hardware.sealing import read_key
from app.sites.models import Site
from tests.integration.hardware.conftest import site_with_key

EXAMPLE = Path(__file__).parents[3] / "examples" / "assets.csv"


@pytest.fixture(autouse=True)
def environment(app: Flask, database: str, keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("RACKSIDE_SITE_KEYS", str(keys))
    monkeypatch.setenv("RACKSIDE_INSTANCE", str(tmp_path))


@pytest.fixture
def site(session: Session, keys: Path) -> Site:
    return site_with_key(session, keys)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    status = main([*arguments, "--json"])
    printed = capsys.readouterr().out
    return status, json.loads(printed) if printed else None


def sheet(tmp_path: Path, *lines: str) -> str:
    path = tmp_path / "sheet.csv"
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def count(session: Session) -> int:
    session.rollback()
    return session.query(Asset).count()


def test_the_example_is_imported_and_a_second_time_changes_no_place_and_no_cable(
    session: Session, site: Site, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, told = run(capsys, "import", "csv", str(EXAMPLE))
    assert (status, told["added"], told["errors"], told["kept"]) == (0, 5, [], True)
    server = asset_by_tag(session, "SRV-0043")
    assert server.rack is not None
    assert (server.rack.room, server.rack.name, server.u, server.height) == ("Hall 1", "A03", 19, 2)
    assert [(cord.psu, cord.pdu.tag, cord.outlet) for cord in server.power] == [
        ("1", "A03-PDU-A", "13"),
        ("2", "A03-PDU-B", "13"),
    ]
    target = target_for(session, server, keys, deadline_s=10).target
    assert target["device"]["ipmi"]["password"] == "change-me"
    assert [feed["pdu"]["snmp"]["community"] for feed in target["power"]] == ["change-me", "change-me"]
    before = session.scalar(text("SELECT count(*) FROM event WHERE verb IN ('place', 'power', 'network', 'change')"))
    session.rollback()
    status, told = run(capsys, "import", "csv", str(EXAMPLE))
    assert (status, told["added"], told["errors"]) == (0, 0, [])
    after = session.scalar(text("SELECT count(*) FROM event WHERE verb IN ('place', 'power', 'network', 'change')"))
    assert after == before


def test_a_dry_run_keeps_nothing(session: Session, site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    status, told = run(capsys, "import", "csv", str(EXAMPLE), "--dry-run")
    assert (status, told["added"], told["kept"]) == (0, 5, False)
    assert count(session) == 0


def test_every_bad_cell_is_named_and_nothing_is_kept(
    session: Session, site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = sheet(
        tmp_path,
        "tag,site,role,rack,u,ipmi_address,ipmi_port,ipmi_username,ipmi_password,power",
        "SRV-1,AMS1,server,A01,10,10.0.0.1,623,rackside,secret-1,",
        "SRV-2,AMS9,server,A01,11,,,,,",
        "SRV-3,AMS1,toaster,A01,12,,,,,",
        "SRV-4,AMS1,server,A01,10,,,,,",
        "SRV-5,AMS1,server,A01,twelve,,,,,",
        "SRV-6,AMS1,server,A01,13,10.0.0.6,70000,rackside,secret-6,",
        "SRV-7,AMS1,server,A01,14,,,,,1=PDU-Z:1",
        "SRV-8,AMS1,server,A01,15,,,,,1:PDU-Z",
        "SRV-1,AMS1,server,A01,16,,,,,",
        ",AMS1,server,A01,17,,,,,",
    )
    status, told = run(capsys, "import", "csv", file)
    assert status == 1
    assert not told["kept"]
    assert [(one["row"], one["column"]) for one in told["errors"]] == [
        (3, "site"),
        (4, "role"),
        (5, "u"),
        (6, "u"),
        (7, "ipmi_port"),
        (8, "power"),
        (9, "power"),
        (10, "tag"),
        (11, "tag"),
    ]
    assert "SRV-1 fills U10 of A01 at the front." in {one["reason"] for one in told["errors"]}
    assert "secret" not in json.dumps(told)
    assert count(session) == 0


def test_a_swapped_pair_of_cords_is_imported(
    session: Session, site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    heading = "tag;site;role;power"
    pdu = "PDU-A;AMS1;pdu;"
    assert run(capsys, "import", "csv", sheet(tmp_path, "tag,site,role,power", "PDU-A,AMS1,pdu,",
               "SRV-1,AMS1,server,1=PDU-A:1", "SRV-2,AMS1,server,1=PDU-A:2"))[0] == 0  # fmt: skip
    swapped = sheet(tmp_path, heading, pdu, "SRV-1;AMS1;server;1=PDU-A:2", "SRV-2;AMS1;server;1=PDU-A:1")
    assert run(capsys, "import", "csv", swapped)[0] == 0
    session.rollback()
    assert [asset_by_tag(session, tag).power[0].outlet for tag in ("SRV-1", "SRV-2")] == ["2", "1"]


@pytest.mark.parametrize("heading", ["tag", "tag,site,colour", "tag,site,site", ""])
def test_a_wrong_heading_names_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str], heading: str) -> None:
    assert main(["import", "csv", sheet(tmp_path, heading, "SRV-1,AMS1,x")]) == 64
    assert "column" in capsys.readouterr().err


def test_an_asset_is_entered_cabled_and_shown(
    session: Session, site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, "asset", "add", "PDU-A", "--site", "AMS1", "--role", "pdu")[0] == 0
    place = ("--rack", "A03", "--room", "Hall 1", "--u", "21")
    assert run(capsys, "asset", "add", "SRV-1", "--site", "AMS1", "--serial", "CZ1", *place)[0] == 0
    assert run(capsys, "asset", "power", "SRV-1", "2", "PDU-A", "14")[0] == 0
    bmc = tmp_path / "bmc.json"
    bmc.write_text(json.dumps({"address": "10.0.0.1", "username": "rackside", "password": "kD93-never-told"}))
    status, told = run(capsys, "asset", "endpoint", "SRV-1", "ipmi", str(bmc))
    assert status == 0
    assert (told["u"], told["sources"], told["power"]) == (
        21,
        ["ipmi"],
        [{"psu": "2", "pdu": "PDU-A", "outlet": "14"}],
    )
    assert run(capsys, "asset", "show", "SRV-1")[1] == told
    assert run(capsys, "asset", "change", "SRV-1", "--serial", "CZ2")[1]["serial"] == "CZ2"
    assert run(capsys, "asset", "power", "SRV-1", "2")[1]["power"] == []
    assert [one["tag"] for one in run(capsys, "asset", "list", "--search", "cz2")[1]["items"]] == ["SRV-1"]


def test_an_unknown_asset_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["asset", "show", "SRV-9"]) == 1
    assert "SRV-9" in capsys.readouterr().err


def test_a_site_gets_its_key_once(session: Session, keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    session.add(Site(code="AMS1", name="Amsterdam", time_zone="Europe/Amsterdam"))
    session.commit()
    status, told = run(capsys, "asset", "key", "AMS1")
    private = read_key(keys, "AMS1")
    assert status == 0
    assert private not in json.dumps(told)
    assert run(capsys, "asset", "key", "AMS1") == (status, told)
    (keys / "AMS1.key").rename(keys / "elsewhere")
    assert main(["asset", "key", "AMS1"]) == 1
    assert "has a key already" in capsys.readouterr().err
    assert run(capsys, "asset", "key", "AMS1", "--lost")[1]["public_key"] != told["public_key"]
