"""Reading untrusted JSON field by field: every mistake is reported with its path, none ends the reading."""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from app.core.errors import FieldError

MOST_BYTES = 256
LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?", re.ASCII)
LONGEST_HOST = 253
ZONE = re.compile(r"[A-Za-z0-9._-]{1,32}", re.ASCII)


class Report:
    """The mistakes found so far."""

    def __init__(self) -> None:
        self.errors: list[FieldError] = []

    def add(self, path: str, code: str, detail: str) -> None:
        """Note one mistake."""
        self.errors.append(FieldError(path, code, detail))


class Fields:
    """One JSON object at a path. Each reader checks one key and answers with a usable value even when it is wrong."""

    def __init__(self, report: Report, path: str, raw: Any) -> None:
        self._report = report if isinstance(raw, dict) else Report()  # its missing keys are no news
        self._path = path
        self._asked: set[str] = set()
        self._raw: Mapping[str, Any] = raw if isinstance(raw, dict) else {}
        if not isinstance(raw, dict):
            report.add(path, "wrong_type", "this must be an object")

    def wrong(self, key: str, code: str, detail: str) -> None:
        """Note a mistake in one key."""
        self._report.add(self._at(key), code, detail)

    def is_wrong(self, key: str) -> bool:
        """Whether a mistake was found in one key."""
        return any(error.field == self._at(key) for error in self._report.errors)

    def refuse_others(self) -> None:
        """Report every key that nobody asked for, by name."""
        for key in self._raw:
            if key not in self._asked:
                name = key if key.isprintable() and len(key) <= MOST_BYTES else "(unprintable)"
                self._report.add(self._at(name), "unknown_key", f"there is no key {name!r} here")

    def object(self, key: str) -> Fields:
        """A required object."""
        value = self._take(key)
        if value is None:
            self.wrong(key, "required", "this is required")
            return Fields(Report(), self._at(key), {})
        return Fields(self._report, self._at(key), value)

    def given(self, key: str) -> Fields | None:
        """An optional object; null and {} are the same as not given."""
        value = self._take(key)
        return None if value is None or value == {} else Fields(self._report, self._at(key), value)

    def objects(self, key: str, most: int) -> Iterator[Fields]:
        """An optional list of objects."""
        for place, item in enumerate(self._list(key, most)):
            yield Fields(self._report, f"{self._at(key)}[{place}]", item)

    def texts(self, key: str, most: int) -> list[str]:
        """An optional list of texts."""
        return [self._checked(f"{key}[{n}]", item, MOST_BYTES) for n, item in enumerate(self._list(key, most))]

    def integers(self, key: str, allowed: Sequence[int], default: tuple[int, ...]) -> tuple[int, ...]:
        """An optional list of numbers out of `allowed`, in the order of preference."""
        if self._raw.get(key) is None:
            self._asked.add(key)
            return default
        items = self._list(key, len(allowed))
        if not items or any(type(item) is not int or item not in allowed for item in items):
            self.wrong(key, "not_allowed", f"a list of numbers out of {', '.join(map(str, allowed))}")
            return default
        return tuple(items)

    def text(self, key: str, *, most_bytes: int = MOST_BYTES, empty: bool = False) -> str:
        """A required text without control characters."""
        value = self._take(key)
        if value is None:
            self.wrong(key, "required", "this is required")
            return ""
        return self._checked(key, value, most_bytes, empty=empty)

    def optional_text(self, key: str) -> str | None:
        """An optional text without control characters; null is the same as not given."""
        value = self._take(key)
        return None if value is None else self._checked(key, value, MOST_BYTES)

    def choice(self, key: str, allowed: Sequence[str], default: Any = ...) -> Any:
        """One of the allowed words; required unless there is a default."""
        value = self._take(key)
        if value is None and default is not ...:
            return default
        if value in allowed:
            return value
        code = "required" if value is None else "not_allowed"
        self.wrong(key, code, f"one of {', '.join(allowed)}")
        return allowed[0] if default is ... else default

    def boolean(self, key: str, *, default: bool) -> bool:
        """An optional true or false."""
        value = self._take(key)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        self.wrong(key, "wrong_type", "true or false")
        return default

    def number(self, key: str, least: float, most: float, default: float) -> float:
        """An optional number within bounds, both included."""
        value = self._take(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self.wrong(key, "wrong_type", "this must be a number")
            return default
        if not least <= value <= most:
            self.wrong(key, "out_of_range", f"a number from {least:g} to {most:g}")
            return default
        return float(value)

    def port(self, key: str, default: int) -> int:
        """An optional port, 1 to 65535."""
        value = self._take(key)
        if value is None:
            return default
        if type(value) is not int or not 1 <= value <= 65535:
            self.wrong(key, "out_of_range", "a whole number from 1 to 65535")
            return default
        return value

    def host(self, key: str) -> str:
        """A required host name or IP address; link-local IPv6 may carry a zone (fe80::1%eth0)."""
        value = self.text(key)
        if value and not is_host(value):
            self.wrong(key, "bad_address", "a host name or an IP address, without port or protocol")
        return value

    def url(self, key: str) -> str:
        """A required https address of a service; plain http only to this machine itself."""
        value = self.text(key)
        if value and not _is_service(value):
            self.wrong(key, "bad_address", "an https:// address without account, path or query")
        return value.rstrip("/")

    def _list(self, key: str, most: int) -> list[Any]:
        value = self._take(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.wrong(key, "wrong_type", "this must be a list")
            return []
        if len(value) > most:
            self.wrong(key, "out_of_range", f"at most {most} entries")
        return value[:most]

    def _checked(self, key: str, value: Any, most_bytes: int, *, empty: bool = False) -> str:
        if not isinstance(value, str):
            self.wrong(key, "wrong_type", "this must be a text")
            return ""
        text: str = value
        if not text and not empty:
            self.wrong(key, "required", "this must not be empty")
        elif not text.isprintable():
            self.wrong(key, "control_character", "control characters are not allowed")
        elif len(text.encode()) > most_bytes:
            self.wrong(key, "out_of_range", f"at most {most_bytes} bytes")
        return text

    def _take(self, key: str) -> Any:
        self._asked.add(key)
        return self._raw.get(key)

    def _at(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key


def is_host(text: str) -> bool:
    """Whether a text is an IP address (IPv6 with or without a zone) or a host name."""
    bare, percent, zone = text.partition("%")
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return not percent and _is_name(text)
    return not percent or (address.version == 6 and address.is_link_local and bool(ZONE.fullmatch(zone)))


def _is_name(text: str) -> bool:
    labels = text.removesuffix(".").split(".")
    return len(text) <= LONGEST_HOST and all(map(LABEL.fullmatch, labels)) and not labels[-1].isdigit()


def _is_service(text: str) -> bool:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    plain = parts.scheme == "http" and host in {"127.0.0.1", "::1", "localhost"}
    extra = parts.username or parts.password or parts.query or parts.fragment or parts.path.strip("/")
    return (parts.scheme == "https" or plain) and is_host(host) and not extra and port != 0
