"""Is the machine off? Two proofs of its own, what its BMC says and the load on its outlets; else a person's. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from app.jobs.stops import Guard, Stop

STATE_VALID = timedelta(minutes=5)
STANDBY_W = 25.0  # what a server's BMC and one supply draw at rest
STANDBY_A = 0.2
NO_CURRENT_W, NO_CURRENT_A = 2.0, 0.05  # what a meter shows of nothing
FALLEN_TO = 0.5  # of what the same outlets carried while it was on
TOUCH_NOTHING = "Unplug and open nothing."

Document = Mapping[str, Any]


class Load(StrEnum):
    """What the machine's outlets say together."""

    DOWN = "down"
    CARRIES = "carries"
    UNKNOWN = "unknown"


class Seen(StrEnum):
    """How a person looked: the holder proves it by a photo, anybody else by their own sign-in."""

    PHOTO = "photo"
    SECOND_PERSON = "second_person"


@dataclass(frozen=True, slots=True)
class Cord:
    """Which outlet of which PDU feeds which supply, as it is recorded."""

    psu: str
    pdu: str
    outlet: str


@dataclass(frozen=True, slots=True)
class Feed:
    """One cord and what its outlet says. None of watts and amps: `why` says why it is not known."""

    cord: Cord
    watts: float | None
    amps: float | None
    is_switched_off: bool
    why: str | None

    @property
    def is_known(self) -> bool:
        """True when something was measured, or the outlet itself is off."""
        return self.is_switched_off or self.watts is not None or self.amps is not None

    @property
    def is_down(self) -> bool:
        """True when no more flows than a machine at rest takes."""
        return self._within(STANDBY_W, STANDBY_A)

    @property
    def is_dead(self) -> bool:
        """True when nothing flows at all: the cord is out, or its outlet is off."""
        return self._within(NO_CURRENT_W, NO_CURRENT_A)

    def _within(self, watts: float, amps: float) -> bool:
        if self.watts is not None:
            return self.watts <= watts
        return self.amps <= amps if self.amps is not None else self.is_switched_off

    @property
    def words(self) -> str:
        """The outlet and its load: `outlet 15 of AMS-PDU-B17-B: 184 W`."""
        name = f"outlet {self.cord.outlet} of {self.cord.pdu}"
        if self.watts is not None:
            return f"{name}: {self.watts:.0f} W"
        if self.amps is not None:
            return f"{name}: {self.amps:.1f} A"
        return f"{name}: switched off" if self.is_switched_off else f"{name}: {self.why}"


@dataclass(frozen=True, slots=True)
class PowerState:
    """What is known of a machine's power. `chassis` is the BMC's word (None: silent); `taken_at` None: never read.

    `was_w` is what the same outlets carried together while it was on, where that was measured.
    """

    chassis: bool | None
    feeds: tuple[Feed, ...]
    taken_at: datetime | None
    was_w: float | None = None

    @property
    def watts(self) -> float | None:
        """What all outlets carry together; None when one of them is not measured in watts."""
        known = [0.0 if feed.is_switched_off and feed.watts is None else feed.watts for feed in self.feeds]
        return sum(w for w in known if w is not None) if known and None not in known else None

    @property
    def has_fallen(self) -> bool:
        """True unless it was measured before and has not fallen to half of that."""
        now = self.watts
        return self.was_w is None or now is None or now <= self.was_w * FALLEN_TO

    @property
    def load(self) -> Load:
        """Down only when every recorded cord is known to be at rest; one that carries decides."""
        known = [feed for feed in self.feeds if feed.is_known]
        if any(not feed.is_down for feed in known):
            return Load.CARRIES
        if not self.feeds or len(known) < len(self.feeds):
            return Load.UNKNOWN
        return Load.DOWN if self.has_fallen else Load.CARRIES

    @property
    def is_without_current(self) -> bool:
        """True when cords that are known to have fed it carry nothing at all: then a silent BMC is dead, too."""
        fed = self.was_w is not None and self.was_w > STANDBY_W * len(self.feeds)
        return fed and bool(self.feeds) and all(feed.is_known and feed.is_dead for feed in self.feeds)

    @property
    def is_off(self) -> bool:
        """True when the machine proves by itself that it is off."""
        return self.load == Load.DOWN and (self.chassis is False or (self.chassis is None and self.is_without_current))

    @property
    def words(self) -> str:
        """BMC and outlets in one line."""
        bmc = {True: "the BMC says on", False: "the BMC says off", None: "the BMC is silent"}[self.chassis]
        return "; ".join([bmc, *(feed.words for feed in self.feeds)] if self.feeds else [bmc, "no cord is recorded"])


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a person saw of the machine's power with their own eyes."""

    by: str
    at: datetime
    is_on: bool
    how: Seen


def read_power(
    document: Document | None, cords: Sequence[Cord], taken_at: datetime | None, before: Document | None = None
) -> PowerState:
    """Read the power out of diagnostics; `before` are those of the machine at work, `taken_at` when the first were."""
    feeds = tuple(_feed(document or {}, cord) for cord in cords)
    chassis = ((document or {}).get("power") or {}).get("on")
    return PowerState(chassis, feeds, taken_at if document else None, _carried(before, cords))


def _carried(before: Document | None, cords: Sequence[Cord]) -> float | None:
    """What the cords carried while the machine was on; a measure of a machine that was off compares with nothing."""
    if not before or (before.get("power") or {}).get("on") is not True:
        return None
    return PowerState(True, tuple(_feed(before, cord) for cord in cords), None).watts


def _feed(document: Document, cord: Cord) -> Feed:
    parts = [p for p in document.get("components", []) if p["kind"] == "outlet" and p.get("device") == cord.pdu]
    found = next((p for p in parts if _is_outlet(p, cord.outlet)), None)
    watts, amps = (_measured(document, cord, found, kind) for kind in ("power", "current"))
    is_off = found is not None and found.get("value") == "off"
    why = None if watts is not None or amps is not None or is_off else _why_unknown(document, cord)
    return Feed(cord, watts, amps, is_off, why)


def _is_outlet(part: Document, outlet: str) -> bool:
    return outlet.casefold() in {str(part.get("number") or "").casefold(), str(part["name"]).casefold()}


def _measured(document: Document, cord: Cord, part: Document | None, kind: str) -> float | None:
    for one in document.get("readings", []):
        is_its = part is not None and one.get("component") == part["name"] and one.get("device") == cord.pdu
        if is_its and one["kind"] == kind and one["value"] is not None:
            return float(one["value"])
    return None


def _why_unknown(document: Document, cord: Cord) -> str:
    source = next((s for s in document.get("sources", []) if s["name"] == f"snmp:{cord.pdu}"), None)
    if source is None:
        return "its PDU was not asked"
    return "its PDU is silent" if source["status"] not in {"ok", "partial"} else "not metered"


def is_old(state: PowerState, now: datetime) -> bool:
    """True when the power was read more than five minutes ago, or never."""
    return state.taken_at is None or now - state.taken_at > STATE_VALID


def why_not_off(
    state: PowerState, now: datetime, *, sighting: Sighting | None = None, was_off_at: datetime | None = None
) -> Stop | None:
    """Why hands may not do what needs a machine without power; None when it is proved to be off.

    Both of its own proofs must say so, and none may contradict, whatever a person saw. Where one is missing, a photo
    or a second person's word of the last five minutes stands for it; where both are, only a second person's.
    """
    if is_old(state, now):
        return too_old(state, now)
    if state.chassis is True:
        return _on(was_off_at)
    if state.load == Load.CARRIES:
        return _loaded(state)
    if state.is_off or _is_seen_dark(state, sighting, now):
        return None
    return _unproved(state)


def _is_seen_dark(state: PowerState, sighting: Sighting | None, now: datetime) -> bool:
    if sighting is None or sighting.is_on or now - sighting.at > STATE_VALID:
        return False
    half_proved = state.chassis is False or state.load == Load.DOWN
    return sighting.how == Seen.SECOND_PERSON or half_proved


def too_old(state: PowerState, now: datetime) -> Stop:
    """The stop of an act that rests on what the machine said too long ago; it is asked anew then."""
    age = f"{(now - state.taken_at).total_seconds() // 60:.0f} minutes old" if state.taken_at else "never read"
    return Stop(
        Guard.POWER,
        "no_diagnostics",
        ("What is known of the machine's power is older than 5 minutes.",),
        "the power of the last 5 minutes",
        age,
        "The machine is asked now: try again in a moment. Without a network call Level 1 for a one-time code.",
    )


def _on(was_off_at: datetime | None) -> Stop:
    back = () if was_off_at is None else ("It was off before: it came back by itself, or somebody switched it on.",)
    advice = f"{TOUCH_NOTHING} Ask for a shutdown through the app, or call for help."
    return Stop(Guard.POWER, "not_verified", ("The BMC says that the machine is on.", *back), "off", "on", advice)


def _loaded(state: PowerState) -> Stop:
    carrying = [feed.words for feed in state.feeds if feed.is_known and not feed.is_down]
    if not carrying:
        now, was = state.watts or 0, state.was_w or 0
        why = f"Its outlets carry {now:.0f} W together; at work they carried {was:.0f} W: that is no fall."
    else:
        why = f"Its outlets still carry load: {'; '.join(carrying)}."
    advice = f"{TOUCH_NOTHING} Follow its cords to the outlets: is the record right? Call for help."
    return Stop(Guard.POWER, "not_verified", (why,), "no load", state.words, advice)


def _unproved(state: PowerState) -> Stop:
    why = []
    if state.chassis is None:
        why.append("The BMC does not say whether the machine is on.")
    if not state.feeds:
        why.append("Nothing is recorded of what feeds it, so its load is not known.")
    why += [f"The load of {feed.words}." for feed in state.feeds if not feed.is_known]
    if state.load == Load.DOWN or state.chassis is False:
        advice = "A second proof is needed: a photo of the dark front, or a second person on their own sign-in."
    else:
        advice = "A second person has to look on their own sign-in: no light, no fan, no sound."
    return Stop(Guard.POWER, "not_verified", tuple(why), "off, proved twice", state.words, advice)
