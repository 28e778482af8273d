"""Words of a ticket that may name a machine: tags, serial numbers, host names, addresses. Pure."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Final

MOST_WORDS: Final = 200
_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{2,62}")
_MARK: Final = re.compile(r"[0-9.-]")


def words_that_may_name(text: str) -> tuple[str, ...]:
    """Words with a digit, a full stop or a hyphen in them, as written, each once, at most 200.

    Whether one is a machine only the list of machines knows; it is offered to a person and never chosen.
    """
    found: dict[str, None] = {}
    for word in _WORD.findall(text):
        bare = word.rstrip(".:-_")
        if len(bare) > 2 and _MARK.search(bare):
            found.setdefault(bare)
        if len(found) == MOST_WORDS:
            break
    return tuple(found)


def addresses_among(words: tuple[str, ...]) -> tuple[str, ...]:
    """Those of `words` that are IP addresses, in their shortest spelling."""
    found = []
    for word in words:
        try:
            found.append(str(ip_address(word)))
        except ValueError:
            continue
    return tuple(found)
