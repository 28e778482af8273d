"""One-time codes: bound to a drive and ten minutes, readable by phone, checkable without network."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from app.jobs.codes import (
    LENGTH,
    LETTERS,
    ROUNDS,
    SPELLED,
    code_for,
    fitting_window,
    hashes,
    salt_of,
    window_end,
    window_of,
)

SECRET = "5f" * 32
NINE = datetime(2026, 11, 30, 9, 4, tzinfo=UTC)
DRIVE = "WO-2026-000001|3|ZC0003"


def code(at: datetime = NINE, drive: str = DRIVE) -> str:
    return code_for(SECRET, drive, window_of(at))


def test_a_code_is_short_and_has_no_letter_that_sounds_like_another() -> None:
    assert len(code()) == LENGTH
    assert set(code()) <= set(LETTERS)
    assert {letter for letter in LETTERS if letter.isalpha()} == set(SPELLED)


def test_a_code_fits_however_it_is_typed_until_it_ends() -> None:
    written = f"{code()[:4].lower()}-{code()[4:]}"
    assert fitting_window(written, SECRET, DRIVE, NINE) == window_of(NINE)
    assert fitting_window(written, SECRET, DRIVE, window_end(window_of(NINE)) - timedelta(seconds=1)) is not None
    assert fitting_window(written, SECRET, DRIVE, window_end(window_of(NINE))) is None
    assert fitting_window(written, SECRET, DRIVE, NINE - timedelta(minutes=10)) is None


def test_a_code_is_for_one_drive_of_one_order() -> None:
    assert fitting_window(code(), SECRET, "WO-2026-000001|2|ZC0002", NINE) is None
    assert fitting_window(code(), "60" * 32, DRIVE, NINE) is None
    assert fitting_window(None, SECRET, DRIVE, NINE) is None


def test_the_tablet_can_check_it_by_what_it_holds_and_cannot_make_one() -> None:
    held = hashes(SECRET, DRIVE, NINE, NINE + timedelta(hours=8))
    salt = bytes.fromhex(salt_of(SECRET))
    later = NINE + timedelta(hours=2)
    place = window_of(later) - window_of(NINE)
    assert held[place] == hashlib.pbkdf2_hmac("sha256", code(later).encode(), salt, ROUNDS).hex()
    assert len(held) == len(set(held)) == 49
    assert code(later) not in "".join(held).upper()


def test_a_day_of_hashes_is_the_most() -> None:
    assert len(hashes(SECRET, DRIVE, NINE, NINE + timedelta(days=9))) == 145
