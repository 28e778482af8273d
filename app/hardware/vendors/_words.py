"""How vendor files say what a code means, in one line each."""

from __future__ import annotations

from collections.abc import Mapping

from app.hardware.facts import Fault, Meaning
from app.hardware.readings import State


def ok(words: str = "ok", value: str | None = None) -> Meaning:
    """As it should be."""
    return Meaning(State.OK, words, None, value)


def warning(words: str, fault: Fault | None = None) -> Meaning:
    """To be looked at."""
    return Meaning(State.WARNING, words, fault)


def critical(words: str, fault: Fault | None = None) -> Meaning:
    """To be mended."""
    return Meaning(State.CRITICAL, words, fault)


def unknown(words: str = "the device does not know") -> Meaning:
    """The device itself cannot tell."""
    return Meaning(State.UNKNOWN, words)


def absent(words: str = "not there") -> Meaning:
    """An empty bay, or something that this model does not have."""
    return Meaning(State.ABSENT, words)


ON = ok("on", "on")
OFF = ok("off", "off")


def flags(bits: Mapping[int, Meaning], nothing: Meaning, width: int) -> dict[int, Meaning]:
    """The meaning of every combination of `width` flags: the first named flag of `bits` that is set decides."""
    return {
        code: next((meaning for bit, meaning in bits.items() if code >> bit & 1), nothing) for code in range(1 << width)
    }
