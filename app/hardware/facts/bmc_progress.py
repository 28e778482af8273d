"""What is worth showing of a BMC before all of it is read: power, new events, failed supplies and drives. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.hardware.diagnostics import DiagnosticsDocument, plain
from app.hardware.facts import IN_TROUBLE, Part
from app.hardware.facts.bmc_sensors import read_sensors
from app.hardware.families.ipmi import IpmiFamily
from app.hardware.readings import Identity, IpmiAnswer, LogEntry, Sensor

SHOWN = 3


class BmcProgress:
    """One read as it goes on; each part is told in the words that came before it and its own."""

    def __init__(self, family: IpmiFamily, now: datetime, earlier: DiagnosticsDocument | None = None) -> None:
        self._family, self._now = family, now
        self._known = None if earlier is None else {one.record for one in earlier.events if one.source == "ipmi-sel"}
        self._power_on: bool | None = None
        self._words: dict[str, str] = {}

    def part(self, name: str, value: object) -> dict[str, Any]:
        """The outward form of one part that arrived: `detail` in words, and the facts that it brings."""
        told: dict[str, Any] = {"name": "ipmi", "state": "reading", "part": name}
        if isinstance(value, bool):
            self._power_on = value
            told["power"] = {"on": value, "watts": None}
            self._words[name] = f"power {'on' if value else 'off'}"
        elif name == "log" and isinstance(value, tuple):
            self._words[name] = self._events(value)
        elif name == "health" and isinstance(value, tuple):
            parts = self._parts(value)
            told["components"] = [plain(part.component) for part in parts]
            self._words[name] = self._health(parts)
        elif isinstance(value, tuple):
            self._words[name] = f"{len(value)} {name}"
        else:
            told["identity"] = plain(value)
        return {**told, "detail": ", ".join(self._words.values()) or name}

    def _events(self, log: tuple[LogEntry, ...]) -> str:
        if self._known is None:
            return f"{len(log)} events"
        new = sum(str(entry.record) not in self._known for entry in log)
        return f"{new} new event{'' if new == 1 else 's'}"

    def _parts(self, sensors: tuple[Sensor, ...]) -> tuple[Part, ...]:
        answer = IpmiAnswer(self._power_on, sensors, (), Identity(), None, 0)
        return tuple(part for part in read_sensors(self._family, answer, "ipmi", self._now).parts if part.name != "BMC")

    def _health(self, parts: tuple[Part, ...]) -> str:
        troubled = [part.name for part in parts if part.component.state in IN_TROUBLE]
        if not troubled:
            return "no power supply or drive in trouble" if parts else "no states of power supplies and drives"
        more = f" and {len(troubled) - SHOWN} more" if len(troubled) > SHOWN else ""
        return f"in trouble: {', '.join(troubled[:SHOWN])}{more}"
