"""A backup is the installation: restored elsewhere, its orders, photos, signatures and credentials are all there."""

from __future__ import annotations

import hashlib
import io
import json
import stat
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from PIL import Image
from sqlalchemy import select

from app.archive import cli
from app.core.clock import true_now
from app.core.database import bare_app, db, transaction
from app.core.postgres import running
from app.core.settings import from_environment
from app.hardware.models import Asset, Endpoint
from app.hardware.operations.endpoints import set_endpoint
from app.hardware.operations.keys import create_site_key
from app.hardware.sealing import open_sealed, read_key
from app.jobs import cli_verify
from app.jobs.models import Photo
from app.sites.models import Site
from app.web.app import create_app
from tests.databases import plain
from tests.integration.archive.conftest import Installation
from tests.integration.conftest import Program
from tests.integration.jobs.conftest import Hall
from tests.integration.jobs.test_parts import swapped


def order_with_photo(hall: Hall) -> str:
    """A drive was swapped and photographed."""
    number, image = swapped(hall), io.BytesIO()
    Image.new("RGB", (320, 240), "#3a4650").save(image, "JPEG")
    sent = hall.programs["tess"]
    headers = {"Authorization": f"Bearer {sent.token}", "Content-Type": "image/jpeg"}
    kept = sent.client.post(f"/api/v1/work-orders/{number}/photos", data=image.getvalue(), headers=headers)
    assert kept.status_code == 201
    return number


def sealed_password(hall: Hall, keys: Path) -> None:
    """The BMC's password, readable with the site's key alone."""
    with hall.app.app_context(), transaction() as session:
        site = session.scalars(select(Site).where(Site.code == "AMS1")).one()
        create_site_key(session, site, keys, by="test", now=true_now())
        server = session.scalars(select(Asset).where(Asset.tag == "SRV-1")).one()
        given = {"address": "127.0.0.1", "username": "u", "password": "of the BMC"}
        set_endpoint(session, server, "ipmi", given, by="test", now=true_now())


def exported(program: Program, number: str, to: Path) -> Path:
    answer = program.get(f"/api/v1/work-orders/{number}/export")
    assert answer.status_code == 200
    to.write_bytes(answer.data)
    return to


def test_a_backup_stands_up_on_a_fresh_machine_with_everything_that_proves_the_work(
    hall: Hall, source: Installation, of: Callable[[str, Path], Installation], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    number = order_with_photo(hall)
    sealed_password(hall, tmp_path / "site-keys")
    before = json.loads(exported(hall.programs["max"], number, tmp_path / "before.json").read_text())
    (tmp_path / "token").write_text("t0ken\n")
    settings = {"rt": {"system": "request_tracker", "url": "https://rt.example", "queue": "Q", "user": "u",
                       "token_file": "token"}}  # fmt: skip
    (tmp_path / "integrations.json").write_text(json.dumps(settings))
    monkeypatch.setenv("RACKSIDE_INTEGRATIONS", str(tmp_path / "integrations.json"))
    (folder := tmp_path / "backups").mkdir()
    taken = source.backup(folder)
    file = Path(taken["file"])
    assert list(folder.iterdir()) == [file]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (taken["counts"]["work_order"], taken["counts"]["photo"]) == (1, 1)

    fresh = tmp_path / "fresh"
    for name in ("DATABASE_URL", "RACKSIDE_INTEGRATIONS"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("RACKSIDE_INSTANCE", str(fresh))
    assert cli.restore([str(file), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["restored"] == taken["counts"]
    listed = fresh / "configuration" / "integrations" / "integrations.json"
    assert told["set"] == [f"RACKSIDE_INTEGRATIONS={listed}"]
    assert (listed.parent / json.loads(listed.read_text())["rt"]["token_file"]).read_text() == "t0ken\n"
    assert all(stat.S_IMODE(Path(path).stat().st_mode) == 0o600 for path in told["written"])

    with running(fresh / "postgres") as url:
        monkeypatch.setenv("DATABASE_URL", url)
        app = create_app(from_environment())
        program = Program(app.test_client(), hall.programs["max"].token)
        file = exported(program, number, tmp_path / "after.json")
        assert json.loads(file.read_text())["events"] == before["events"]
        assert cli_verify.main([str(file), "--key", before["signature"]["public_key"]]) == 0
        with app.app_context(), transaction() as session:
            photo = session.scalars(select(Photo)).one()
            assert hashlib.sha256(photo.image).hexdigest() == photo.sha256
            sealed = session.scalars(select(Endpoint.sealed)).one()
            assert sealed is not None
            opened = open_sealed(read_key(fresh / "site-keys", "AMS1"), sealed)
            assert opened["secrets"] == {"password": "of the BMC"}
        with app.app_context():
            db.engine.dispose()


class Writer(threading.Thread):
    """Adds a rack and its event in one transaction, again and again; and looks at what processes are told meanwhile."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.url, self.done, self.written, self.seen = plain(url), threading.Event(), 0, set[str]()

    def run(self) -> None:
        with psycopg.connect(self.url) as line:
            site = line.execute("SELECT min(id) FROM site").fetchone()
            while not self.done.is_set():
                name = f"W{self.written}"
                line.execute(
                    "INSERT INTO rack (site_id, room, name, units) VALUES (%s, 'R', %s, 48)",
                    [site[0] if site else 0, name],
                )
                line.execute("INSERT INTO event (stream, seq, at, by, verb, detail, previous_hash, hash)"
                             " VALUES (%s, 1, now(), 'w', 'w', '{}', '', '')", [f"rack:{name}"])  # fmt: skip
                line.commit()
                self.written += 1
                self.look()

    def look(self) -> None:
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                if "pg_dump" in words.partition(" ")[0]:
                    self.seen.add(words)


def test_a_backup_while_others_write_is_one_moment_and_tells_no_password_to_other_users(
    hall: Hall, source: Installation, empty: Installation, tmp_path: Path
) -> None:
    writer = Writer(source.url)
    writer.start()
    try:
        taken = source.backup(tmp_path / "one.tar")
    finally:
        writer.done.set()
        writer.join(10)
    told = empty.restore(tmp_path / "one.tar")
    assert told["restored"] == taken["counts"]
    racks = empty.rows("SELECT name FROM rack WHERE name LIKE 'W%' ORDER BY 1")
    streams = empty.rows("SELECT substr(stream, 6) FROM event WHERE by = 'w' ORDER BY 1")
    assert racks == streams
    assert len(racks) < writer.written
    password = source.url.split(":")[2].partition("@")[0]
    assert writer.seen
    assert password not in " ".join(writer.seen)


def test_what_is_restored_is_a_whole_schema_that_refuses_what_it_refused(
    hall: Hall, source: Installation, empty: Installation, tmp_path: Path
) -> None:
    source.backup(tmp_path / "one.tar")
    empty.restore(tmp_path / "one.tar")
    rules = """SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace ORDER BY 1"""
    assert empty.rows(rules) == source.rows(rules)
    with pytest.raises(psycopg.errors.RestrictViolation):
        empty.do("UPDATE event SET why = 'changed'")
    app = bare_app(empty.url)
    with app.app_context(), transaction() as session:  # and its numbers go on
        session.add(Site(code="NEW1", name="N", time_zone="UTC"))
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
