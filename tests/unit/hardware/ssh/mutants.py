"""Answers that no tool gives: good ones with any node of them replaced, repeated, cut or spoilt."""

from __future__ import annotations

import json
from random import Random
from typing import Any

ODDITIES: tuple[Any, ...] = (
    None, True, False, 0, -1, 255, 10**30, -(10**400), 1e308, "", " ", "0", "\x00", "\ud800", "ab" * 400, "-1e999",
    [], {}, [[]], {"": {}}, ["x"] * 50, [{"name": "/dev/sda", "type": "sat"}] * 3, {"value": 1, "string": "1"},
)  # fmt: skip


def mutant(text: str, random: Random) -> str:
    """Return a changed answer: JSON with other nodes when it is JSON, and sometimes other characters."""
    try:
        value = json.loads(text)
    except ValueError:
        return _spoilt(text, random)
    for _turn in range(random.randint(1, 6)):
        value = _changed(value, random)
    told = json.dumps(value)
    return _spoilt(told, random) if random.random() < 0.2 else told


def _changed(value: Any, random: Random) -> Any:
    if random.random() < 0.1 or not isinstance(value, dict | list) or not value:
        return random.choice(ODDITIES)
    place = random.choice(list(value)) if isinstance(value, dict) else random.randrange(len(value))
    if isinstance(value, dict):
        return {**value, place: _changed(value[place], random)}
    if random.random() < 0.1:
        return value * random.randint(0, 4)
    return [*value[:place], _changed(value[place], random), *value[place + 1 :]]


def _spoilt(text: str, random: Random) -> str:
    if not text:
        return "{" * random.randint(0, 5000)
    start = random.randrange(len(text))
    end = min(len(text), start + random.randint(0, 40))
    extra = random.choice(
        ("", "NaN", "1e999", "[" * 3000, "9" * 5000, "\x00", "\n\n", "[1](F)", "%", "é", text[start:end] * 9)
    )
    return text[:start] + extra + text[end:]
