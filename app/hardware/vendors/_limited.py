"""Sensors that come with their limits and no verdict: the verdict is ours, by the rule that BMC sensors go by."""

from __future__ import annotations

from collections.abc import Mapping

from app.hardware.diagnostics import Kind, Reading
from app.hardware.facts import IN_TROUBLE, Fault, Observation, Part
from app.hardware.facts.agent_values import Values
from app.hardware.facts.limits import PART_OF_READING, judge_sensor, nearest_limits
from app.hardware.readings import Sensor, State

THRESHOLD = 0x01  # IPMI event type of a sensor that measures


def judged(
    values: Values, evidence: str, name: str, kind: str, value: float | None, unit: str, limits: Mapping[str, float]
) -> tuple[Reading, Part | None]:
    """A reading with its state, and the part it speaks of when its kind has parts (a fan, a temperature).

    `limits` are lower and upper: lnr, lcr, lnc, unc, ucr, unr, in `unit`; limits in no believable order are ignored.
    """
    sensor = Sensor(0, name, 0, THRESHOLD, 0, 0, unit, value, thresholds=dict(limits))
    state, words = judge_sensor(sensor, None)
    reason = None if state is State.OK else words
    lower, upper = nearest_limits(sensor.thresholds)
    reading = Reading(kind, name, value, unit, state, values.source, values.read_at, reason, lower=lower, upper=upper)
    part_kind = PART_OF_READING.get(kind)
    if part_kind is None:
        return reading, None
    fault = Fault.LIMIT if state in IN_TROUBLE else None
    seen = Observation(state, words, values.source, evidence, values.read_at, fault, measured=True)
    return reading, Part(Kind(part_kind), name, None, (seen,))


def limits_of(values: Values, columns: Mapping[str, str], index: str, scale: float = 1.0) -> dict[str, float]:
    """The limits of one row, by name, out of one column each; those that are not there are left out."""
    found = {name: values.measured(column, index) for name, column in columns.items()}
    return {name: limit * scale for name, limit in found.items() if limit is not None}
