"""What Redfish trees measure: every value once, with its UCUM unit, and nothing made up."""

from __future__ import annotations

import pytest

from app.hardware.readings import State
from lab.redfish_trees import older_model, present_model
from tests.unit.hardware.redfish.answers import changed, component, facts_of, findings_of, reading

SENSORS = "Chassis/node/Sensors"


@pytest.mark.parametrize(
    ("name", "kind", "value", "unit"),
    [
        ("Inlet", "temperature", 23.5, "Cel"),
        ("Fan 1 speed", "fan", 40, "%"),
        ("FAN1 speed", "fan", 6001, "/min"),
        ("Power Supply 1 Input", "power", 118, "W"),
        ("All of it", "energy", 120.5, "kW.h"),
    ],
)
def test_value_is_read_with_its_kind_and_unit(name: str, kind: str, value: float, unit: str) -> None:
    one = reading(present_model(), name)
    assert (one.kind, one.value, one.unit, one.state) == (kind, value, unit, State.OK)


def test_older_model_is_read_with_its_units() -> None:
    readings = {one.name: (one.kind, one.value, one.unit) for one in facts_of(older_model()).readings}
    expected = {
        "01-Inlet": ("temperature", 22.0, "Cel"),
        "Fan 2": ("fan", 31.0, "%"),
        "PSU1 input voltage": ("voltage", 230.0, "V"),
    }
    assert expected.items() <= readings.items()


def test_limits_of_minus_one_and_zero_are_none() -> None:
    assert reading(present_model(), "Chip").state is State.OK
    assert component(present_model(), "Chip").state is State.OK


@pytest.mark.parametrize("limit", [0, -1])
def test_value_above_a_limit_that_is_none_is_no_alarm(limit: int) -> None:
    none = {"Thresholds": {"UpperCritical": {"Reading": limit}}}
    assert findings_of(changed(present_model(), {f"{SENSORS}/chip": none})) == ()


def test_value_beyond_its_limit_is_told_where_the_service_tells_no_health() -> None:
    tree = changed(present_model(), {f"{SENSORS}/inlet": {"Reading": 40}})
    (finding,) = findings_of(tree)
    assert (finding.kind, finding.state) == ("temperature", State.WARNING)
    assert "40 °C" in finding.title


def test_sensor_of_an_absent_part_measures_nothing_although_it_says_zero() -> None:
    names = {one.name for one in (*facts_of(present_model()).readings, *facts_of(older_model()).readings)}
    assert names.isdisjoint({"Second CPU", "05-PMM"})


def test_sensor_without_a_value_is_unknown_with_a_reason_and_never_zero() -> None:
    one = reading(present_model(), "Backplane")
    assert (one.value, one.state, one.reason) == (None, State.UNKNOWN, "the service tells no value")


def test_readings_name_the_part_they_belong_to() -> None:
    assert reading(present_model(), "Fan 1 speed").component == "FAN1"
    assert reading(present_model(), "Power Supply 1 Input").component == "PSU1"


def test_supplys_sensor_in_trouble_is_the_supplys_trouble() -> None:
    hot = {"Status": {"State": "Enabled", "Health": "Warning"}}
    (finding,) = findings_of(changed(present_model(), {f"{SENSORS}/in1": hot}))
    assert (finding.kind, finding.number) == ("psu", "1")
