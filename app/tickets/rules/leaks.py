"""What a text for the customer must not show: addresses, serial numbers, places in the hall, secrets. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from ipaddress import AddressValueError, IPv6Address
from itertools import chain
from typing import Final

WITHHELD: Final = "[internal]"

_PATTERNS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?<![0-9.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9]|\.[0-9])",  # IPv4
        r"(?<![0-9a-f])(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}(?![0-9a-f])",  # MAC as 00:1a:..., 00-1a-...
        r"(?<![0-9a-f.])(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}(?![0-9a-f]|\.[0-9a-f])",  # MAC as 001a.2b3c.4d5e
        r"\b(?:serial(?:[ _-]?(?:number|no\.?|nr\.?))?|s/n)(?:\s*(?:is|[:=#])\s*|\s+)"
        r"(?=[a-z-]*[0-9])[a-z0-9][a-z0-9-]{3,}",  # serial: CZ12345, serial number CZ12345, S/N CZ12345
        r"\b(?:rack|cabinet)\s+(?=[a-z.-]*[0-9])[a-z0-9][a-z0-9.-]*",
        r"\bU[0-9]{1,2}\b",
        r"\b(?:Seriennummer|Serien-?Nr\.?)(?:\s*(?:ist|lautet|[:=#])\s*|\s+)(?=[a-z-]*[0-9])[a-z0-9][a-z0-9-]{3,}",
        r"\b(?:Schrank|Serverschrank)\s+(?=[a-z.-]*[0-9])[a-z0-9][a-z0-9.-]*",
        r"\b(?:(?-i:HE) ?|Höheneinheit )[0-9]{1,2}\b",
        r"\b(?:Kennwort|Passwort|Zugangscode|Schlüssel)\s*(?:ist|lautet|[:=])\s*\S+",
        r"\b(?:password|passphrase|passwd|community|secret|token|api[ _-]?key)\s*(?:is|[:=])\s*\S+",
        r"\bwhsec_\S+",
    )
)
_IPV6_SHAPE: Final = re.compile(r"(?<![\w:.])(?=[0-9a-f:]*:[0-9a-f:]*:)[0-9a-f:]+(?:%\w+)?(?![\w:])", re.IGNORECASE)
_BARE_SERIAL: Final = re.compile(r"(?<![\w-])(?=(?:[A-Z]*[0-9]){2})(?=[0-9]*[A-Z])[A-Z0-9]{7,}(?![\w-])")


def leaks(text: str, forbidden: Collection[str] = ()) -> list[str]:
    """The parts of `text` that a customer must not read, in order; empty when it may be sent.

    Found by shape: IP and MAC addresses, serial numbers, racks, rack units, secrets with their word before them.
    `forbidden` adds words known to be internal (surnames, serials, device names), matched as whole words.
    """
    return [text[start:end] for start, end in _spans(text, forbidden)]


def without_leaks(text: str, forbidden: Collection[str] = ()) -> str:
    """`text` with every internal part replaced by "[internal]": afterwards `leaks` finds nothing."""
    while spans := _spans(text, forbidden):  # what stood beside a leak may be one itself once it stands alone
        parts, position = [], 0
        for start, end in spans:
            parts += [text[position:start], WITHHELD]
            position = end
        text = "".join([*parts, text[position:]])
    return text


def _spans(text: str, forbidden: Collection[str]) -> list[tuple[int, int]]:
    """Where the internal parts stand: in order, those that overlap or touch joined to one."""
    if not text:  # as are most values of most messages
        return []
    joined: list[tuple[int, int]] = []
    for start, end in sorted(chain(_shapes(text), _words(text, forbidden))):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _shapes(text: str) -> Iterator[tuple[int, int]]:
    for pattern in (*_PATTERNS, _BARE_SERIAL):
        yield from (match.span() for match in pattern.finditer(text))
    yield from (match.span() for match in _IPV6_SHAPE.finditer(text) if _is_ipv6(match.group()))


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True


def _words(text: str, forbidden: Collection[str]) -> Iterator[tuple[int, int]]:
    """Whole words; with a digit in them in any case, names only as written (May is also a month, Day a noun)."""
    for word in filter(str.strip, forbidden):
        flags = re.IGNORECASE if any(c.isdigit() for c in word) else re.NOFLAG
        pattern = rf"(?<!\w){re.escape(word.strip())}(?!\w)"
        yield from (match.span() for match in re.finditer(pattern, text, flags))
