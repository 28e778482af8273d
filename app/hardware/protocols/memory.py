"""What a device told us before, kept for a while so that it need not be asked again."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Memory(Generic[Value]):
    """Keeps up to `size` values for `keep_s` seconds each, the latest used longest. Threads may share it."""

    def __init__(self, size: int, keep_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._size = size
        self._keep_s = keep_s
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[float, Value]] = OrderedDict()

    def recall(self, key: Hashable) -> Value | None:
        """Return the value kept under `key`, None when there is none or it is too old."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or self._clock() > kept[0]:
                self._kept.pop(key, None)
                return None
            self._kept.move_to_end(key)
            return kept[1]

    def forget(self, key: Hashable) -> None:
        """Keep nothing under `key` any more."""
        with self._lock:
            self._kept.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()

    def keep(self, key: Hashable, value: Value, keep_s: float | None = None) -> None:
        """Keep a value, for `keep_s` seconds where others are kept longer; the one unused for longest makes room."""
        with self._lock:
            self._kept[key] = (self._clock() + (self._keep_s if keep_s is None else keep_s), value)
            self._kept.move_to_end(key)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
