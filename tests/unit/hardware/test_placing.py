from __future__ import annotations

from app.hardware.placing import Place, fits, in_the_way

TWO_UNITS_AT_21 = Place("SRV-1", 21, 2, "front")


def test_the_units_next_to_it_are_free() -> None:
    neighbours = [Place("below", 20, 1, "front"), Place("above", 23, 4, "front")]
    assert in_the_way(TWO_UNITS_AT_21, neighbours) is None


def test_one_shared_unit_is_in_the_way() -> None:
    other = Place("SRV-2", 22, 1, "front")
    assert in_the_way(TWO_UNITS_AT_21, [other]) is other


def test_something_larger_around_it_is_in_the_way() -> None:
    other = Place("chassis", 15, 10, "front")
    assert in_the_way(TWO_UNITS_AT_21, [other]) is other


def test_a_short_device_on_the_other_face_is_not_in_the_way() -> None:
    assert in_the_way(TWO_UNITS_AT_21, [Place("tor-1", 22, 1, "rear")]) is None


def test_it_must_be_inside_the_rack() -> None:
    assert fits(Place("SRV-1", 47, 2, "front"), 48)
    assert not fits(Place("SRV-1", 48, 2, "front"), 48)
    assert not fits(Place("SRV-1", 0, 1, "front"), 48)
