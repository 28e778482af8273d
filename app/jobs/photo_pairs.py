"""Photos before and after the work, side by side: which belong together, and what is said where one lacks. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app.jobs.kind import Evidence

BEFORE, AFTER = "_before", "_after"


@dataclass(frozen=True, slots=True)
class Half:
    """One side of a pair: the step's title, and its photo or, in words, why there is none."""

    title: str
    photo: Any | None
    lacking: str | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """What was photographed, before on the left and after on the right."""

    before: Half
    after: Half

    @property
    def title(self) -> str:
        """What is seen on both."""
        return self.before.title or self.after.title


@dataclass(frozen=True, slots=True)
class Album:
    """All photos of an order: the pairs in the order of their steps, and every other one, oldest first."""

    pairs: Sequence[Pair]
    others: Sequence[Any]


def album(steps: Sequence[Any], photos: Sequence[Any], *, is_over: bool) -> Album:
    """Pair the photos of an order. `is_over`: hands are done, so what is not there will not come by itself.

    Steps belong together by their names (`photo_before`, `photo_after`), or because they ask for the same words twice.
    Of several photos of one step the one that proves it counts, else the newest.
    """
    pairs = [
        Pair(_half(before, photos, "before", is_over=is_over), _half(after, photos, "after", is_over=is_over))
        for before, after in _couples([step for step in steps if step.evidence == Evidence.PHOTO])
    ]
    shown = [id(half.photo) for pair in pairs for half in (pair.before, pair.after) if half.photo is not None]
    return Album(pairs, [photo for photo in photos if id(photo) not in shown])


def _couples(steps: Sequence[Any]) -> Iterator[tuple[Any | None, Any | None]]:
    """Steps that show the same before and after; None where the procedure asks for one half only."""
    taken: set[str] = set()
    for place, step in enumerate(steps):
        if step.key in taken:
            continue
        later = [one for one in steps[place + 1 :] if one.key not in taken]
        if step.key.endswith(BEFORE):
            twin = next((one for one in later if one.key == step.key.removesuffix(BEFORE) + AFTER), None)
        else:
            twin = next((one for one in later if one.title.casefold() == step.title.casefold()), None)
        if twin is not None:
            taken.add(twin.key)
            yield step, twin
        elif step.key.endswith(BEFORE):
            yield step, None
        elif step.key.endswith(AFTER):
            yield None, step


def _half(step: Any | None, photos: Sequence[Any], when: str, *, is_over: bool) -> Half:
    if step is None:
        return Half("", None, f"This procedure asks for no photo {when} the work.")
    proof = str((step.given or {}).get("photo", ""))
    own = [photo for photo in photos if photo.step_key == step.key]
    photo = next((one for one in own if str(one.id) == proof), own[-1] if own else None)
    if photo is not None:
        return Half(step.title, photo)
    if step.done_at is not None:
        return Half(step.title, None, f"Done by {step.done_by}, but its photo is not here.")
    return Half(step.title, None, f"No photo {when} the work was taken." if is_over else "Not taken yet.")
