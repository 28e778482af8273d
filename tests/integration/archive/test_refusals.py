"""What is not restored, and that nothing was changed then."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from app.archive import cli
from app.archive.aside import put_aside
from app.core import migrations
from app.core.errors import AppError
from tests.databases import plain
from tests.integration.archive.conftest import Installation
from tests.integration.jobs.conftest import Hall

Members = dict[str, bytes]


@pytest.fixture
def file(hall: Hall, source: Installation, tmp_path: Path) -> Path:
    """A sound backup of the hall, with a key in it."""
    (tmp_path / "signing.key").write_text("ab" * 32)
    source.backup(tmp_path / "sound.tar")
    return tmp_path / "sound.tar"


def members(file: Path) -> Members:
    with tarfile.open(file) as tar:
        return {one.name: content.read() for one in tar if (content := tar.extractfile(one))}


def written(to: Path, members: Members, *, again: str | None = None) -> Path:
    """An archive of these members; `again` stands in it twice."""
    with tarfile.open(to, "w") as tar:
        for name in (*members, *([again] if again else [])):
            member = tarfile.TarInfo(name)
            member.size = len(members[name])
            tar.addfile(member, io.BytesIO(members[name]))
    return to


def stated(members: Members, **changes: object) -> Members:
    """The same with a manifest that fits them, but for these changes."""
    told = json.loads(members["manifest.json"])
    told["files"] = [
        {"path": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in members.items() if name != "manifest.json"
    ]  # fmt: skip
    return {**members, "manifest.json": json.dumps({**told, **changes}).encode()}


def flipped(file: Path) -> Path:
    spoiled = bytearray(file.read_bytes())
    spoiled[len(spoiled) // 2] ^= 1
    file.write_bytes(spoiled)
    return file


def cut(file: Path) -> Path:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    return file


def without_a_key(file: Path) -> Path:
    return written(file, {name: data for name, data in members(file).items() if name != "signing.key"})


def with_another_key(file: Path) -> Path:
    return written(file, {**members(file), "signing.key": b"cd" * 32})


def with_a_way_out(file: Path) -> Path:
    return written(file, stated({**members(file), "site-keys/../../../out.key": b"x"}))


def with_a_stranger(file: Path) -> Path:
    return written(file, {**members(file), "authorized_keys": b"x"})


def twice(file: Path) -> Path:
    return written(file, members(file), again="signing.key")


def with_a_link(file: Path) -> Path:
    content = members(file)
    with tarfile.open(file, "w") as tar:
        for name, data in content.items():
            member = tarfile.TarInfo(name)
            if name == "signing.key":
                member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
                tar.addfile(member)
            else:
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
    return file


def no_archive(file: Path) -> Path:
    file.write_text("hello")
    return file


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (flipped, "database.dump is not what was put into it"),
        (cut, "cut off"),
        (with_another_key, "signing.key is not what was put into it"),
        (without_a_key, "signing.key is missing"),
        (with_a_way_out, "does not belong in it"),
        (with_a_stranger, "'authorized_keys' does not belong in it"),
        (twice, "stands in it twice"),
        (with_a_link, "is no ordinary file"),
        (no_archive, "no tar file at all"),
    ],
)
def test_a_damaged_archive_is_refused_with_nothing_changed(
    file: Path, empty: Installation, spoil: Callable[[Path], Path], why: str
) -> None:
    before = empty.state()
    assert why in empty.refusal(spoil(file))
    assert empty.state() == before


def test_a_database_that_holds_something_is_replaced_only_when_that_is_said(file: Path, empty: Installation) -> None:
    empty.restore(file)
    empty.do("INSERT INTO site (code, name, time_zone, hours) VALUES ('MINE1', 'N', 'UTC', 'Mon-Fri 08:00-17:00')")
    (empty.folder / "signing.key").write_text("cd" * 32)
    before = empty.state()
    assert "--replace keeps it beside" in empty.refusal(file)
    (empty.folder / "signing.key").write_text("ab" * 32)
    assert "The database is not empty" in empty.refusal(file)
    (empty.folder / "signing.key").write_text("cd" * 32)
    assert empty.state() == before
    told = empty.restore(file, "--replace")
    assert empty.rows("SELECT code FROM site ORDER BY 1") == [("AMS1",), ("MIA1",)]
    assert (empty.folder / "signing.key").read_text() == "ab" * 32
    assert told["kept"] == [str(empty.folder / "signing.key.before-restore")]
    assert empty.rows("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'before%'") == [(0,)]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda m: stated({**m, "database.dump": b"PGDMP no dump"}), "pg_restore failed"),
        (lambda m: stated(m, counts={"site": 77}), "does not hold what its manifest says of site"),
        (lambda m: stated(m, schema="9999"), "is newer than this program"),
    ],
)
def test_a_restore_that_fails_half_way_leaves_what_was_there(
    file: Path, empty: Installation, change: Callable[[Members], Members], why: str, tmp_path: Path
) -> None:
    empty.restore(file)
    empty.do("INSERT INTO site (code, name, time_zone, hours) VALUES ('MINE1', 'N', 'UTC', 'Mon-Fri 08:00-17:00')")
    (empty.folder / "signing.key").unlink()
    before = empty.state()
    assert why in empty.refusal(written(tmp_path / "bad.tar", change(members(file))), "--replace")
    assert empty.state() == before
    assert empty.rows("SELECT count(*) FROM site") == [(3,)]
    empty.restore(file, "--replace")  # and the way is free
    assert empty.rows("SELECT count(*) FROM site") == [(2,)]


def test_a_restore_that_was_killed_is_undone_by_the_next_one(file: Path, empty: Installation) -> None:
    empty.restore(file)
    before = empty.state()
    with psycopg.connect(plain(empty.url)) as line:
        put_aside(line)  # and there it died
    assert empty.rows("SELECT to_regclass('public.site')") == [(None,)]
    assert "The database is not empty" in empty.refusal(file)
    assert empty.state() == before
    with psycopg.connect(plain(empty.url)) as line:
        put_aside(line)
    migrations.upgrade(empty.url)  # a worker was started meanwhile, and somebody began anew
    empty.do("INSERT INTO site (code, name, time_zone, hours) VALUES ('MINE1', 'N', 'UTC', 'Mon-Fri 08:00-17:00')")
    assert "what stood before it is in the schemas" in empty.refusal(file, "--replace")
    assert empty.rows("SELECT count(*) FROM before_restore.site") == [(2,)]


def test_nothing_is_restored_under_the_feet_of_others(file: Path, empty: Installation) -> None:
    with psycopg.connect(plain(empty.url)):
        assert "1 others are connected" in empty.refusal(file)
    empty.do("CREATE TABLE theirs (id int)")
    assert "tables that are not Rackside's" in empty.refusal(file, "--replace")


def test_a_backup_replaces_no_file_and_leaves_nothing_when_it_fails(
    file: Path, source: Installation, empty: Installation
) -> None:
    source.use(source)
    with pytest.raises(AppError, match="never replaces another"):
        cli.backup([str(file)])
    empty.use(empty)
    with pytest.raises(AppError, match="nothing to back up"):
        cli.backup([str(empty.folder)])
    assert list(empty.folder.iterdir()) == []


def test_a_check_says_what_is_in_it_and_needs_no_database(
    file: Path, of: Callable[[str, Path], Installation], tmp_path: Path
) -> None:
    nowhere = of("postgresql://127.0.0.1:1/none", tmp_path / "nowhere")
    told = nowhere.restore(file, "--check")
    assert told["counts"]["site"] == 2
    assert not nowhere.folder.exists()
    assert "cut off" in nowhere.refusal(cut(file), "--check")
