"""A probe's target is read whole: every mistake is named by its path, and no secret is repeated."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import Invalid
from app.hardware.fields import is_host
from app.hardware.target import parse_target

SECRET = "hunter2-hunter2"
IPMI = {"address": "127.0.0.1", "username": "admin", "password": SECRET}
V3 = {"address": "10.0.0.2", "version": "3", "username": "rack", "auth": "sha256", "auth_password": SECRET}


def target(**more: Any) -> dict[str, Any]:
    return {"device": {"role": "server", "name": "SRV-0042", "ipmi": dict(IPMI)}, **more}


def changed(path: str, value: Any) -> dict[str, Any]:
    """A whole target with one field changed, by its dotted path."""
    raw = target(
        power=[{"psu": "2", "outlet": "14", "pdu": {"name": "PDU-A", "snmp": dict(V3)}}],
        network=[{"port": "eth0", "switch_port": "Ethernet12", "switch": {"name": "tor-1", "snmp": {}}}],
    )
    raw["device"]["redfish"] = {"address": "https://bmc", "username": "root", "password": SECRET}
    raw["device"]["ssh"] = {
        "address": "h",
        "username": "diag",
        "private_key_file": "/k",
        "host_key": "ssh-ed25519 AAAA",
    }
    place: Any = raw
    *steps, last = path.split(".")
    for step in steps:
        place = place[int(step)] if step.isdigit() else place[step]
    place[last] = value
    return raw


def refused(raw: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        parse_target(raw)
    assert SECRET not in caught.value.detail
    return {error.field: error.code for error in caught.value.errors}


def test_smallest_target_gets_the_defaults() -> None:
    parsed = parse_target(target())
    assert parsed.deadline_s == 10
    assert parsed.device.ipmi is not None
    assert (parsed.device.ipmi.port, parsed.device.ipmi.privilege, parsed.device.ipmi.cipher_suites) == (
        623,
        "operator",
        (17, 3),
    )


def test_whole_form_is_read() -> None:
    raw = changed("deadline_s", 4)
    raw["device"] |= {
        "asset_tag": "SRV-0042",
        "serial": "CZ12345",
        "in_use": ["4"],
        "snmp": {"address": "127.0.0.1", "community": SECRET},
        "ssh": {"address": "h", "username": "diag", "private_key_file": "/k", "host_key": "ssh-ed25519 AAAA"},
    }
    parsed = parse_target(json.loads(json.dumps(raw)))
    assert parsed.power[0].pdu.snmp is not None
    assert parsed.power[0].pdu.snmp.auth == "sha256"
    assert parsed.network[0].switch.snmp is None
    assert parsed.wiring.feeds[0].pdu == "PDU-A"
    assert parsed.device.in_use == {"4"}


def test_secrets_are_not_in_what_a_log_would_print() -> None:
    parsed = parse_target(changed("device.snmp", {"address": "127.0.0.1", "community": SECRET}))
    assert SECRET not in repr(parsed)


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("devise", {}, "unknown_key"),
        ("device.nmae", "x", "unknown_key"),
        ("device.ipmi.prot", 623, "unknown_key"),
        ("device.role", "toaster", "not_allowed"),
        ("device.role", ["server"], "not_allowed"),
        ("device.name", "", "required"),
        ("device.name", 42, "wrong_type"),
        ("device.name", "SRV\n0042", "control_character"),
        ("device.name", "\ud800", "control_character"),
        ("device.name", "x" * 257, "out_of_range"),
        ("device.in_use", "4", "wrong_type"),
        ("device.in_use", ["4"] * 600, "out_of_range"),
        ("device.ipmi", "127.0.0.1", "wrong_type"),
        ("device.ipmi.address", "127.0.0.1:623", "bad_address"),
        ("device.ipmi.address", "bmc 1", "bad_address"),
        ("device.ipmi.address", "300.1.1.1", "bad_address"),
        ("device.ipmi.port", 0, "out_of_range"),
        ("device.ipmi.port", True, "out_of_range"),
        ("device.ipmi.port", 65536, "out_of_range"),
        ("device.ipmi.port", "623", "out_of_range"),
        ("device.ipmi.username", "a" * 17, "out_of_range"),
        ("device.ipmi.password", SECRET * 2, "out_of_range"),
        ("device.ipmi.password", None, "required"),
        ("device.ipmi.privilege", "root", "not_allowed"),
        ("device.ipmi.cipher_suites", [0], "not_allowed"),
        ("device.ipmi.cipher_suites", [], "not_allowed"),
        ("device.ipmi.cipher_suites", [True], "not_allowed"),
        ("device.redfish.address", "bmc", "bad_address"),
        ("device.ssh.host_key", "AAAA", "bad_host_key"),
        ("device.ssh.host_key", None, "required"),
        ("device.ssh.private_key_file", None, "required"),
        ("device.ssh.password", SECRET, "not_allowed"),
        ("device.redfish.address", "http://bmc", "bad_address"),
        ("device.redfish.address", "https://u:p@bmc", "bad_address"),
        ("device.redfish.address", "https://bmc:99999", "bad_address"),
        ("device.redfish.verify_tls", "no", "wrong_type"),
        ("power.0.pdu.snmp.version", "2", "not_allowed"),
        ("power.0.pdu.snmp.auth", "sha1024", "not_allowed"),
        ("deadline_s", "10", "wrong_type"),
        ("deadline_s", True, "wrong_type"),
        ("deadline_s", 0, "out_of_range"),
        ("deadline_s", 1e9, "out_of_range"),
        ("deadline_s", float("inf"), "wrong_type"),
        ("power", {}, "wrong_type"),
    ],
)
def test_mistake_is_named_by_its_path_and_code(path: str, value: Any, code: str) -> None:
    parts = path.split(".")
    named = "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in parts).lstrip(".")
    assert refused(changed(path, value)) == {named: code}


def test_all_mistakes_are_told_at_once() -> None:
    raw = {"device": {"role": "x", "nmae": 1, "snmp": {"address": "a b", "port": True}}, "deadline_s": 0}
    assert set(refused(raw)) == {
        "device.role",
        "device.name",
        "device.nmae",
        "device.snmp.address",
        "device.snmp.port",
        "deadline_s",
    }


@pytest.mark.parametrize(
    ("snmp", "field"),
    [
        ({"version": "2c", "username": "rack"}, "username"),
        ({"version": "2c", "privacy": "aes128"}, "privacy"),
        ({"version": "3"}, "username"),
        ({"version": "3", "username": "rack", "auth": "sha"}, "auth_password"),
        (
            {"version": "3", "username": "rack", "auth": "sha", "auth_password": "x", "privacy": "des"},
            "privacy_password",
        ),
    ],
)
def test_snmp_security_that_would_be_ignored_is_refused(snmp: dict[str, str], field: str) -> None:
    assert f"device.snmp.{field}" in refused(changed("device.snmp", {"address": "10.0.0.2", **snmp}))


def test_target_without_any_source_is_refused() -> None:
    assert refused({"device": {"role": "pdu", "name": "PDU-A"}}) == {"device": "required"}


def test_feeding_pdu_alone_is_source_enough() -> None:
    raw = {
        "device": {"role": "server", "name": "S"},
        "power": [{"psu": "1", "outlet": "1", "pdu": {"name": "P", "snmp": {"address": "10.0.0.2"}}}],
    }
    assert parse_target(raw).device.ipmi is None


def test_pdu_that_is_described_twice_must_be_described_alike() -> None:
    feed = {"psu": "1", "outlet": "1", "pdu": {"name": "P", "snmp": {"address": "10.0.0.2"}}}
    other = {"psu": "2", "outlet": "2", "pdu": {"name": "P", "snmp": {"address": "10.0.0.3"}}}
    assert len(parse_target(target(power=[feed, {**feed, "psu": "2"}])).power) == 2
    assert refused(target(power=[feed, other])) == {"power": "conflict"}


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "fe80::1%eth0", "bmc-1.mgmt.example", "bmc_1", "localhost.", "a"])
def test_addresses_that_are_meant_are_accepted(host: str) -> None:
    assert is_host(host)


@pytest.mark.parametrize(
    "host", ["", "a b", "-a", "a-", "a..b", "1.2.3", "127.0.0.1%eth0", "2001:db8::1%eth0", "fe80::1%", "[::1]", "a/b"]
)
def test_addresses_that_cannot_be_meant_are_refused(host: str) -> None:
    assert not is_host(host)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["device", "role", "name", "ipmi", "snmp", "power", "pdu", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


def reasons(raw: Any) -> int | None:
    """How many reasons a refusal gives; None when the target is accepted."""
    try:
        parse_target(raw)
    except Invalid as error:
        return len(error.errors)
    return None


@settings(max_examples=60, deadline=None)
@given(JSON)
def test_any_json_is_either_a_target_or_refused_with_reasons(raw: Any) -> None:
    assert reasons(raw) != 0
