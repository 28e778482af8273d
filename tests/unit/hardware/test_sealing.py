from __future__ import annotations

from pathlib import Path

import pytest

from app.core.errors import Conflict, Unavailable
from app.hardware.sealing import key_file, new_site_key, open_sealed, read_key, seal, write_key


def test_the_holder_of_the_private_key_reads_what_was_sealed() -> None:
    public, private = new_site_key()
    assert open_sealed(private, seal(public, {"password": "calvin"})) == {"password": "calvin"}


def test_sealed_bytes_hold_nothing_of_the_secret_and_never_look_the_same_twice() -> None:
    public, _ = new_site_key()
    first, second = (seal(public, {"password": "calvin"}) for _ in range(2))
    assert b"calvin" not in first
    assert first != second


def test_another_sites_key_cannot_open_it() -> None:
    public, _ = new_site_key()
    _, other = new_site_key()
    with pytest.raises(Unavailable, match="another key"):
        open_sealed(other, seal(public, {"password": "calvin"}))


def test_changed_bytes_are_refused() -> None:
    public, private = new_site_key()
    sealed = bytearray(seal(public, {"password": "calvin"}))
    sealed[-1] ^= 1
    with pytest.raises(Unavailable):
        open_sealed(private, bytes(sealed))


def test_a_key_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = write_key(tmp_path / "keys", "AMS1", "secret")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert read_key(tmp_path / "keys", "AMS1") == "secret"


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    write_key(tmp_path, "AMS1", "first")
    with pytest.raises(Conflict):
        write_key(tmp_path, "AMS1", "second")
    assert read_key(tmp_path, "AMS1") == "first"


def test_a_worker_without_the_key_says_which_file_it_needs(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=str(key_file(tmp_path, "AMS1"))):
        read_key(tmp_path, "AMS1")
