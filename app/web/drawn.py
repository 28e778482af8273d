"""Parts of pages that are drawn once for all who look: kept by a key that names everything they are drawn from."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable


class Drawn:
    """At most so many drawn parts; what was looked at longest ago goes first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, str] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, draw: Callable[[], str]) -> str:
        """The part of that key, drawn now where nobody asked for it before."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        part = draw()
        with self._lock:
            self._kept[key] = part
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return part
