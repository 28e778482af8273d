"""Where things stand in a rack: whether rack units are there and free. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Rack units `u` to `u + height - 1`, reached from `face` (front or rear)."""

    tag: str
    u: int
    height: int
    face: str

    @property
    def top(self) -> int:
        """The highest rack unit it fills."""
        return self.u + self.height - 1


def in_the_way(place: Place, others: Iterable[Place]) -> Place | None:
    """Who already fills one of these units on the same face; None when they are free."""
    return next((one for one in others if one.face == place.face and one.u <= place.top and place.u <= one.top), None)


def fits(place: Place, units: int) -> bool:
    """True when all of it is inside a rack of `units` units, counted from 1 at the bottom."""
    return place.u >= 1 and place.height >= 1 and place.top <= units
