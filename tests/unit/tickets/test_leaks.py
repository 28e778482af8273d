"""What a customer must not read is found by its shape, and nothing is left once it is taken out."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.tickets.rules.leaks import WITHHELD, leaks, without_leaks

plain_words = st.sampled_from(["", " the server", " answers at ", "(", ")", ".", ", and", " is silent!", " BMC "])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("BMC 10.12.0.17 is silent.", ["10.12.0.17"]),
        ("See 10.12.0.17.", ["10.12.0.17"]),
        ("https://10.0.0.1:8443/redfish", ["10.0.0.1"]),
        ("MAC 00:1A:2b:3c:4d:5e and 00-1a-2b-3c-4d-5f", ["00:1A:2b:3c:4d:5e", "00-1a-2b-3c-4d-5f"]),
        ("port 001a.2b3c.4d5e", ["001a.2b3c.4d5e"]),
        ("at fe80::21a:2bff:fe3c:4d5e%eth0 or 2001:db8::1", ["fe80::21a:2bff:fe3c:4d5e%eth0", "2001:db8::1"]),
        ("serial number: cz12345", ["serial number: cz12345"]),
        ("S/N ABC-1234", ["S/N ABC-1234"]),
        ("swapped S3Z9NB0K123456 today", ["S3Z9NB0K123456"]),
        ("in rack R12-04, U21", ["rack R12-04", "U21"]),
        ("password: hunter2", ["password: hunter2"]),
        ("key whsec_MfKQ9r8GKYqr", ["whsec_MfKQ9r8GKYqr"]),
    ],
)
def test_internals_are_found_by_their_shape(text: str, found: list[str]) -> None:
    assert leaks(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "WO-2026-000417: Disk swap on SRV-0042, Monday 30 November 2026 between 08:00 and 10:00 (UTC+01:00).",
        "Finished at 10:42:13, 30 min do not fit before 17:00.",
        "The rack is locked; the serial console works; std::vector; U-turn; 1.5 TB; version 2.14.0.",
        "Your secret stays with you, and the token of thanks too.",
        "Ticket 20261130, order 4711, https://status.example.com/a",
    ],
)
def test_what_a_customer_may_read_is_left_alone(text: str) -> None:
    assert leaks(text) == []
    assert without_leaks(text) == text


def test_known_words_are_found_whole_and_a_month_is_no_colleague() -> None:
    assert leaks("Asked Tess Okafor about pdu-a7 and PDU-A70.", {"Okafor", "PDU-A7"}) == ["Okafor", "pdu-a7"]
    assert leaks("On a fine day in summer", {"Day", ""}) == []


@given(plain_words, st.ip_addresses(v=4) | st.ip_addresses(v=6), plain_words)
def test_no_address_passes_whatever_stands_around_it(
    before: str, address: IPv4Address | IPv6Address, after: str
) -> None:
    text = f"{before} {address}{after}"
    assert any(str(address) in found for found in leaks(text))
    assert str(address) not in without_leaks(text).split()


@given(st.lists(st.sampled_from("0123456789abcdef"), min_size=12, max_size=12), st.sampled_from(":-"), st.booleans())
def test_no_hardware_address_passes(digits: list[str], divider: str, upper: bool) -> None:
    mac = divider.join("".join(digits[n : n + 2]) for n in range(0, 12, 2))
    mac = mac.upper() if upper else mac
    assert leaks(f"port {mac}.") != []
    assert mac not in without_leaks(f"port {mac}.")


@given(
    st.text(alphabet=st.sampled_from("ab01.:-U rackserial/n=pwd]["), max_size=80) | st.text(max_size=60),
    st.sets(st.sampled_from(["ab", "01", "A0", "rack", "]", "internal "]), max_size=3),
)
def test_after_taking_internals_out_none_is_left(text: str, forbidden: set[str]) -> None:
    forbidden = {word for word in forbidden if word.strip() not in {"]", "internal"}}
    clean = without_leaks(text, forbidden)
    assert leaks(clean, forbidden) == []
    assert clean == text or WITHHELD in clean
