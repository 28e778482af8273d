"""Is a machine left as it has to be: on again after a cold job, else as it was found? Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.jobs.power import STATE_VALID, PowerState, Sighting, is_old

WAY_OUT = "Or write why it is left so, and who decided it."


@dataclass(frozen=True, slots=True)
class Left:
    """What is wrong with the power of a machine that is about to be left. `is_old`: it has to be read anew first.

    `is_certain`: it differs; otherwise nobody knows.
    """

    sentence: str
    is_old: bool = False
    is_certain: bool = False


def wrongly_left(
    found_on: bool | None, state: PowerState, now: datetime, *, is_cold: bool, sighting: Sighting | None = None
) -> Left | None:
    """Why the machine must not be left like this; None when it is as it has to be, or nothing is expected of it.

    A cold job's machine is on again, unless it was found off; any other is as it was found (`found_on` None: nobody
    knew). What nobody can tell matters only after a cold job; there a person's own eyes of the last five minutes count.
    """
    if found_on is None and not is_cold:
        return None
    is_on = _is_on(state, now, sighting)
    if is_on is not None:
        as_expected = is_on == found_on or (is_cold and is_on)
        return None if as_expected else _differs(is_on=is_on, state=state, now=now)
    if not is_cold:
        return None
    if is_old(state, now):
        return Left("Its power was read more than 5 minutes ago.", is_old=True)
    said = "Nobody can tell whether the machine is on: its BMC is silent."
    return Left(f"{said} Look, and say what you see (card Power, I say what I see). {WAY_OUT}")


def _is_on(state: PowerState, now: datetime, sighting: Sighting | None) -> bool | None:
    """What the BMC says, however old; after five minutes, or when it is silent, what somebody sees counts before that.

    Old words of a machine on count as nothing: it may have gone down since.
    """
    seen = sighting.is_on if sighting is not None and now - sighting.at <= STATE_VALID else None
    if state.chassis is not None and not is_old(state, now):
        return state.chassis
    return seen if seen is not None or state.chassis else state.chassis


def _differs(*, is_on: bool, state: PowerState, now: datetime) -> Left:
    if is_old(state, now) and state.chassis == is_on:
        return Left("When its power was last read, it was not as it has to be.", is_old=True, is_certain=True)
    if is_on:
        return Left(f"The machine is on; it was found off. Switch it off again. {WAY_OUT}", is_certain=True)
    return Left(f"The machine is off, and it has to be on. Switch it on and wait. {WAY_OUT}", is_certain=True)
