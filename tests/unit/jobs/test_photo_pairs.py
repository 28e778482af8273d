"""Which photos stand side by side, and what is said where one lacks."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

from app.jobs.models import Photo, Step
from app.jobs.photo_pairs import album

AT = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)


def step(key: str, title: str = "Take a photo", *, proof: UUID | None = None, done: bool = False) -> Step:
    given = {"photo": str(proof)} if proof else None
    return Step(
        key=key, title=title, evidence="photo", given=given, done_at=AT if proof or done else None, done_by="tess"
    )


def photo(key: str | None) -> Photo:
    return Photo(id=uuid4(), step_key=key, taken_by="tess", at=AT)


def test_before_stands_on_the_left_and_after_on_the_right_whatever_came_first() -> None:
    after, before = photo("photo_after"), photo("photo_before")
    found = album([step("photo_before"), step("photo_after")], [after, before], is_over=True)
    assert [(pair.before.photo, pair.after.photo) for pair in found.pairs] == [(before, after)]
    assert found.others == []


def test_the_photo_that_proves_the_step_counts_and_the_other_one_is_not_lost() -> None:
    blurred, sharp, beside = photo("photo_before"), photo("photo_before"), photo(None)
    found = album(
        [step("photo_before", proof=blurred.id), step("photo_after")], [blurred, sharp, beside], is_over=False
    )
    assert found.pairs[0].before.photo is blurred
    assert found.others == [sharp, beside]


def test_without_a_proof_that_is_there_the_newest_counts() -> None:
    first, second = photo("photo_before"), photo("photo_before")
    found = album([step("photo_before", proof=uuid4()), step("photo_after")], [first, second], is_over=False)
    assert found.pairs[0].before.photo is second


def test_words_stand_where_a_half_lacks() -> None:
    steps = [step("photo_before", done=True), step("photo_after")]
    [pair] = album(steps, [], is_over=False).pairs
    assert (pair.before.lacking, pair.after.lacking) == ("Done by tess, but its photo is not here.", "Not taken yet.")
    [over] = album(steps, [], is_over=True).pairs
    assert over.after.lacking == "No photo after the work was taken."
    [alone] = album([step("photo_after")], [], is_over=True).pairs
    assert alone.before.lacking == "This procedure asks for no photo before the work."


def test_two_pairs_of_one_job_do_not_mix() -> None:
    keys = ("front_before", "rear_before", "rear_after", "front_after")
    photos = {key: photo(key) for key in keys}
    found = album([step(key, key) for key in keys], list(photos.values()), is_over=True)
    seen = [(pair.before.photo, pair.after.photo) for pair in found.pairs]
    assert seen == [(photos["front_before"], photos["front_after"]), (photos["rear_before"], photos["rear_after"])]


def test_steps_that_an_administrator_named_belong_together_by_their_words() -> None:
    before, after, front = photo("step_1"), photo("step_7"), photo("photo_front")
    steps = [
        step("step_1", "Photo of the cables"),
        step("photo_front", "The front"),
        step("step_7", "photo of the cables"),
    ]
    found = album(steps, [before, front, after], is_over=True)
    assert [(pair.before.photo, pair.after.photo) for pair in found.pairs] == [(before, after)]
    assert found.others == [front]
