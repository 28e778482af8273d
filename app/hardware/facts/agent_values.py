"""What one agent answered, by object and row: the only view of an agent that families have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from app.hardware.readings import SnmpTable, SnmpType, SnmpValue

NO_OBJECT = SnmpValue("", SnmpType.ABSENT, None)
LARGEST = 2.0**64
LEADING_NUMBER = re.compile(r"\s*([+-]?\d+(?:\.\d+)?)")


class Values:
    """Scalars by OID and walked columns by OID, with the moment of asking and the source's name."""

    def __init__(
        self,
        source: str,
        read_at: datetime,
        scalars: Mapping[str, SnmpValue],
        tables: Mapping[str, SnmpTable],
    ) -> None:
        self.source = source
        self.read_at = read_at
        self._columns = {oid: {"0": value} for oid, value in scalars.items() if value.type is not SnmpType.ABSENT}
        for column, table in tables.items():
            rows = (row for row in table.rows if row.type is not SnmpType.ABSENT)
            self._columns[column] = {row.oid[len(column) + 1 :]: row for row in rows}

    def rows(self, column: str) -> Mapping[str, SnmpValue]:
        """The rows of a column, or the one value of a scalar, by index; empty when the agent has none."""
        return self._columns.get(column, {})

    def number(self, column: str | None, index: str = "0") -> float | None:
        """A number, or None when the object is not there or is none: also NaN, and what no 64 bits can count."""
        value = self._at(column, index).value if column else None
        return None if value is None or isinstance(value, bytes) or not abs(value) <= LARGEST else value

    def measured(self, column: str, index: str = "0") -> float | None:
        """A number, also one that the agent writes as text ("12.1", "56% of maximum"); None when there is none."""
        number = self.number(column, index)
        if number is not None:
            return number
        match = LEADING_NUMBER.match(self.text(column, index) or "")
        return float(match[1]) if match else None

    def text(self, column: str | None, index: str = "0") -> str | None:
        """A text without control characters, or None when the object is not there, empty or no text."""
        value = self._at(column, index).value if column else None
        if not isinstance(value, bytes):
            return None if value is None else str(value)
        try:
            decoded = value.decode()
        except UnicodeDecodeError:
            decoded = value.decode("latin-1")
        return "".join(sign for sign in decoded if sign.isprintable()).strip() or None

    def _at(self, column: str, index: str) -> SnmpValue:
        return self.rows(column).get(index, NO_OBJECT)


def is_scalar(oid: str) -> bool:
    """Whether an OID names one value (it ends in .0) and not a column."""
    return oid.endswith(".0")


def last_arc(index: str) -> str:
    """The last number of a row's index: the unit inside its chassis, with nearly every vendor."""
    return index.rsplit(".", 1)[-1]
