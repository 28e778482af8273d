"""How a shutdown goes: asked, sent, watched until the machine proves that it is down or the time is over. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from app.jobs.power import Load, PowerState

WATCHED = timedelta(minutes=10)  # what an operating system gets to end its work
LOOK_EVERY = timedelta(seconds=10)  # while it goes down
STAYS_EVERY = timedelta(minutes=2)  # while hands are in: machines come back by themselves


class Course(StrEnum):
    """How far a shutdown has come."""

    ASKED = "asked"
    SENT = "sent"
    UNKNOWN = "unknown"  # nobody knows whether the machine got it
    OFF = "off"
    FAILED = "failed"  # certainly not sent
    STILL_ON = "still_on"
    LOADED = "loaded"  # the BMC says off, the outlets still carry load
    UNSEEN = "unseen"  # nobody could tell until the end
    BACK = "back"  # it was off, and is on again


UNDER_WAY = frozenset({Course.ASKED, Course.SENT, Course.UNKNOWN})
SENT = frozenset({Course.SENT, Course.UNKNOWN})

WORDS = {
    Course.ASKED: "The site's worker is asked to send it.",
    Course.SENT: "The machine was asked to shut down. It is read until it is off.",
    Course.UNKNOWN: "Nobody knows whether the machine got the request. Its power is read; it is not sent again.",
    Course.OFF: "The machine went down.",
    Course.FAILED: "It was not sent.",
    Course.STILL_ON: "The machine did not go down.",
    Course.LOADED: "The BMC says off, but the outlets still carry load.",
    Course.UNSEEN: "Nobody could tell whether the machine went down.",
    Course.BACK: "The machine is on again: it came back by itself, or somebody switched it on.",
}
ADVICE = {
    Course.STILL_ON: "Call the customer: something holds it up. What cannot wait is switched off at its button, "
    "by the procedure and before the eyes of a second person.",
    Course.LOADED: "Unplug nothing. Follow its cords to the outlets: is the record right? Call for help.",
    Course.UNSEEN: "Look at its front; a second person looks, too, on their own sign-in. Nothing is sent again before "
    "its power is read.",
    Course.BACK: "Take your hands out. Ask for the shutdown again, or call for help.",
}


def after_reading(course: Course, state: PowerState | None, now: datetime, until: datetime) -> Course:
    """Where a shutdown is after a look at the machine; `state` None: it was not read since it was sent.

    It is down when the machine proves it, or when the BMC says so and nothing of its load can be measured. The watch
    ends with the time: on, still under load, or not to be told.
    """
    if course == Course.OFF:
        return Course.BACK if state is not None and state.chassis is True else course
    if course not in SENT:
        return course
    if state is not None and (state.is_off or (state.chassis is False and state.load == Load.UNKNOWN)):
        return Course.OFF
    if now < until:
        return course
    if state is None or state.chassis is None:
        return Course.UNSEEN
    return Course.STILL_ON if state.chassis else Course.LOADED
