"""Assets as rows of a spreadsheet: which columns there are, and what a row says. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.core.errors import FieldError, Invalid

PLAIN = ("tag", "role", "name", "serial", "model", "customer", "site", "room", "rack", "u", "height", "face")
REACHED = {
    "ipmi": ("address", "port", "username", "password", "privilege", "cipher_suites"),
    "redfish": ("address", "username", "password", "verify_tls", "fingerprint"),
    "snmp": (
        "address", "port", "version", "community",
        "username", "auth", "auth_password", "privacy", "privacy_password",
    ),
    "ssh": ("address", "port", "username", "private_key_file", "password", "host_key"),
}  # fmt: skip
COLUMNS = (
    *PLAIN,
    *(f"{protocol}_{key}" for protocol, keys in REACHED.items() for key in keys),
    "power",
    "network",
)
NEEDED = ("tag", "site")


@dataclass(frozen=True, slots=True)
class Lead:
    """One end of a cord or cable: `own` is the power supply or port, `far` the outlet or switch port of `device`."""

    own: str
    device: str
    far: str


@dataclass(frozen=True, slots=True)
class Row:
    """What one row says; empty cells say nothing. `number` counts the heading as row 1, as spreadsheets do."""

    number: int
    cells: dict[str, str] = field(repr=False)
    u: int | None
    height: int
    endpoints: dict[str, dict[str, Any]] = field(repr=False)
    power: tuple[Lead, ...]
    network: tuple[Lead, ...]


def check_heading(columns: Iterable[str]) -> None:
    """Raise Invalid naming every column that is unknown or missing."""
    given = list(columns)
    unknown = [f"there is no column {name!r}" for name in given if name not in COLUMNS]
    missing = [f"the column {name!r} is missing" for name in NEEDED if name not in given]
    twice = [
        f"the column {name!r} is there twice" for name in sorted({name for name in given if given.count(name) > 1})
    ]
    if wrong := unknown + missing + twice:
        raise Invalid("invalid", f"{'; '.join(wrong)}. Columns are: {', '.join(COLUMNS)}.")


def repeated(rows: Iterable[Row]) -> list[tuple[int, FieldError]]:
    """The rows whose tag stands in an earlier row already, each with what is wrong."""
    first: dict[str, int] = {}
    return [
        (row.number, FieldError("tag", "repeated", f"stands in row {before} already"))
        for row in rows
        if (before := first.setdefault(row.cells["tag"], row.number)) != row.number
    ]


def read_row(number: int, cells: Mapping[str, str]) -> Row:
    """What a row says. Raises Invalid with one FieldError per cell that cannot be read."""
    filled = {name: value.strip() for name, value in cells.items() if value and value.strip()}
    wrong = [FieldError(name, "required", "must not be empty") for name in NEEDED if name not in filled]
    row = Row(
        number=number,
        cells=filled,
        u=_whole(filled, "u", wrong),
        height=_whole(filled, "height", wrong) or 1,
        endpoints=_endpoints(filled, wrong),
        power=_leads(filled, "power", "1=PDU-A:14;2=PDU-B:14", wrong),
        network=_leads(filled, "network", "eth0=tor-1:Ethernet12", wrong),
    )
    if wrong:
        raise Invalid("invalid", "The row cannot be read.", wrong)
    return row


def _whole(cells: Mapping[str, str], name: str, wrong: list[FieldError]) -> int | None:
    text = cells.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 5:
        wrong.append(FieldError(name, "invalid", "a whole number"))
        return None
    return int(text)


def _endpoints(cells: Mapping[str, str], wrong: list[FieldError]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for protocol, keys in REACHED.items():
        given = {key: cells[name] for key in keys if (name := f"{protocol}_{key}") in cells}
        if given:
            found[protocol] = {key: _typed(protocol, key, text, wrong) for key, text in given.items()}
    return found


def _typed(protocol: str, key: str, text: str, wrong: list[FieldError]) -> Any:
    name = f"{protocol}_{key}"
    if key == "port":
        return _whole({name: text}, name, wrong)
    if key == "cipher_suites":
        return [_whole({name: one.strip()}, name, wrong) for one in text.replace(",", " ").split()]
    if key == "verify_tls":
        if text.lower() not in {"yes", "no", "true", "false"}:
            wrong.append(FieldError(name, "invalid", "yes or no"))
        return text.lower() in {"yes", "true"}
    return text


def _leads(cells: Mapping[str, str], name: str, like: str, wrong: list[FieldError]) -> tuple[Lead, ...]:
    leads = []
    for piece in cells.get(name, "").split(";"):
        own, equals, end = piece.strip().partition("=")
        device, colon, far = end.partition(":")
        if not piece.strip():
            continue
        if not (equals and colon and own.strip() and device.strip() and far.strip()):
            wrong.append(FieldError(name, "invalid", f"write it like {like}"))
            break
        leads.append(Lead(own.strip(), device.strip(), far.strip()))
    return tuple(leads)
