"""Which links are followed, and which never."""

from __future__ import annotations

import pytest

from app.hardware.protocols.redfish_answers import below_root
from app.hardware.protocols.redfish_walk import MOST_ENTRIES, expanding, links_of, members_of
from lab.redfish_trees import ROOT, link
from tests.unit.hardware.redfish.answers import wanted


@pytest.mark.parametrize(
    "link",
    [
        "https://192.0.2.1/redfish/v1/Systems",
        "//192.0.2.1/redfish/v1",
        "/redfish/v1/../../etc/passwd",
        "/redfish/v1/%2e%2e/%2e%2e/etc",
        "/redfish/v1//192.0.2.1",
        "/redfish/v10/Systems",
        "/dump",
        "F0",
        "/redfish/v1/Systems/1 HTTP/1.1",
        "/redfish/v1/a\\b",
        "",
        None,
        7,
    ],
)
def test_link_that_leaves_the_service_is_not_followed(link: object) -> None:
    assert below_root(link) is None


def test_fragment_and_last_slash_are_not_part_of_a_path() -> None:
    assert below_root("/redfish/v1/Chassis/1/Power#/PowerSupplies/0") == "/redfish/v1/Chassis/1/Power"
    assert below_root("/redfish/v1/Systems/") == "/redfish/v1/Systems"
    assert below_root("/redfish/v1/Entries?$skiptoken=2") == "/redfish/v1/Entries?$skiptoken=2"


def test_power_and_cooling_are_wanted_before_the_rest() -> None:
    body = {name: link(f"Chassis/1/{name}") for name in ("Sensors", "Power", "NetworkAdapters", "Thermal")}
    ranked = sorted(links_of("chassis", 0, body), key=lambda one: one.rank)
    assert [one.path.rpartition("/")[2] for one in ranked] == ["Power", "Thermal", "Sensors", "NetworkAdapters"]


def test_of_a_long_log_the_newest_entries_are_read() -> None:
    body = {"Members": [link(f"L/Entries/{number}") for number in range(1, 1001)]}
    entries = members_of(wanted("L/Entries", "log_entries"), body)
    assert len(entries) == MOST_ENTRIES
    assert entries[0][0].path == f"{ROOT}/L/Entries/1000"


def test_logs_of_logins_are_left_alone() -> None:
    body = {"Id": "SL", "Name": "Security Log", "Entries": link("L/Entries")}
    assert list(links_of("log_service", 0, body)) == []


@pytest.mark.parametrize(
    ("offered", "query"),
    [
        ({"NoLinks": True, "Levels": True}, "?$expand=.($levels=1)"),
        ({"NoLinks": True}, "?$expand=."),
        ({"ExpandAll": True}, "?$expand=*"),
        ({"Links": True}, ""),
        (None, ""),
    ],
)
def test_expand_is_asked_for_as_it_is_offered(offered: object, query: str) -> None:
    assert expanding({"ProtocolFeaturesSupported": {"ExpandQuery": offered}}) == query
