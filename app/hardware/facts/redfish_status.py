"""A Redfish Status and the words beside it, as what was observed on a part. Pure.

Health decides. A part that tells no health is unknown, never ok; one that is absent is an empty bay, whatever health
stands beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from app.hardware.diagnostics import Kind
from app.hardware.facts import IN_TROUBLE, Fault, Observation
from app.hardware.facts.json_values import Body, number_at, objects_at, text_at, value_at, word_at
from app.hardware.facts.redfish_naming import own_name
from app.hardware.families.redfish import Item, RedfishFamily
from app.hardware.readings import State

MOST_CONDITIONS = 4
HEALTH = {"ok": State.OK, "warning": State.WARNING, "critical": State.CRITICAL}
AT_REST = {
    "disabled": "switched off",
    "standbyoffline": "standing by, offline",
    "unavailableoffline": "offline",
    "starting": "still starting",
    "intest": "being tested",
    "updating": "being updated",
    "deferring": "not ready for requests",
}
FAILS = frozenset({Kind.PSU, Kind.FAN, Kind.DRIVE, Kind.CPU, Kind.BATTERY, Kind.RAID_CONTROLLER})
MEASURING = frozenset({Kind.TEMPERATURE, Kind.VOLTAGE, Kind.CURRENT})


@dataclass(frozen=True, slots=True)
class Saying:
    """Who speaks: the source's name and when it was read."""

    source: str
    read_at: datetime

    def observed(
        self, state: State, words: str, item: Item, fault: Fault | None = None, *, measured: bool = False
    ) -> Observation:
        """An observation, quoted by the resource's own name and path."""
        return Observation(
            state, words, self.source, f"{own_name(item)} ({item.path})", self.read_at, fault, measured=measured
        )


def is_absent(body: Body) -> bool:
    """Whether the bay is empty, or the sensor has nothing to look at."""
    return word_at(body, "Status/State") == "absent"


def health_of(status: object, *, rolled_up: bool = False) -> State | None:
    """The health that a Status tells; None when it tells none. `rolled_up`: the worse of its own and its roll-up."""
    names = ("Health", "HealthRollup") if rolled_up else ("Health",)
    told = [HEALTH.get(word_at(status, name) or "") for name in names]
    known = [state for state in told if state is not None]
    order = (State.CRITICAL, State.WARNING, State.OK)
    return min(known, key=order.index) if known else None


def observed_on(item: Item, kind: Kind, families: Iterable[RedfishFamily], saying: Saying) -> tuple[Observation, ...]:
    """All that a part's own resource says of it: its status, then the properties whose words the tables know."""
    if is_absent(item.body):
        return (saying.observed(State.ABSENT, "not there", item),)
    status = status_observation(item, kind, saying)
    words = tuple(_words(item, families, saying))
    if kind is Kind.PSU and status.state in IN_TROUBLE and number_at(item.body, "LineInputVoltage") == 0:
        words += (saying.observed(State.CRITICAL, "input lost: 0 V at its input", item, Fault.INPUT_LOST),)
    if any(seen.fault for seen in words) and status.fault is Fault.FAILED:
        status = saying.observed(status.state, status.words, item)  # the words tell what it is
    return (*words, status)


def status_observation(item: Item, kind: Kind, saying: Saying) -> Observation:
    """A part's Status as an observation."""
    health, state = health_of(value_at(item.body, "Status")), word_at(item.body, "Status/State") or ""
    if health in IN_TROUBLE:
        assert health is not None  # it is one of the two
        return saying.observed(health, trouble_words(item, health), item, _fault(kind, health, state))
    if state in AT_REST:
        return saying.observed(State.UNKNOWN, f"it says that it is {AT_REST[state]}", item)
    if health is None:
        return saying.observed(State.UNKNOWN, "it tells no health", item)
    return saying.observed(State.OK, "OK", item)


def trouble_words(item: Item, health: State) -> str:
    """What a resource in trouble says: its conditions in its own words, else its health."""
    state = "a warning" if health is State.WARNING else "a critical state"
    return conditions_of(item, "Status") or f"{own_name(item)} reports {state}"


def conditions_of(item: Item, pointer: str) -> str:
    """The messages that stand in a Status; "" where it has none."""
    told = (text_at(one, "Message") for one in objects_at(item.body, f"{pointer}/Conditions", MOST_CONDITIONS))
    return "; ".join(dict.fromkeys(words for words in told if words))


def _words(item: Item, families: Iterable[RedfishFamily], saying: Saying) -> Iterator[Observation]:
    for word in (word for family in families for word in family.words if word.role == item.role):
        meaning = word.meanings.get(word_at(item.body, word.pointer) or "")
        if meaning is not None:
            yield saying.observed(meaning.state, meaning.words, item, meaning.fault)


def _fault(kind: Kind, health: State, state: str) -> Fault | None:
    if kind in MEASURING:
        return Fault.LIMIT
    if kind in FAILS and health is State.CRITICAL:
        return Fault.FAILED
    return Fault.FAILED if kind is Kind.MEMORY and health is State.CRITICAL and state == "disabled" else None
