"""Reading foreign JSON safely: every reader answers None, or nothing, for what is not there or not of its type. Pure.

A pointer is property names joined by slashes ("Oem/Hpe/BayNumber").
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

LONGEST = 200
Body = Mapping[str, Any]


def value_at(body: Any, pointer: str) -> Any:
    """Whatever stands there, None when nothing does."""
    for name in pointer.split("/"):
        if not isinstance(body, Mapping):
            return None
        body = body.get(name)
    return body


def text_at(body: Any, pointer: str) -> str | None:
    """A text without control characters and blanks around it; None when it is empty."""
    value = value_at(body, pointer)
    if not isinstance(value, str):
        return None
    return "".join(sign for sign in value[:LONGEST] if sign.isprintable()).strip() or None


def number_at(body: Any, pointer: str) -> float | None:
    """A finite number; true and false are none."""
    value = value_at(body, pointer)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def word_at(body: Any, pointer: str) -> str | None:
    """A text, a whole number or a truth as the word that tables know it by, in lower case."""
    value = value_at(body, pointer)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"{value:x}" if abs(value) > 1 << 62 else str(value)
    text = text_at(body, pointer)
    return text.casefold() if text else None


def objects_at(body: Any, pointer: str, most: int = 256) -> tuple[Body, ...]:
    """The objects of a list."""
    value = value_at(body, pointer)
    return tuple(one for one in value[:most] if isinstance(one, Mapping)) if isinstance(value, list) else ()
