"""Which datagrams become events: whose they are, what they prove, when they are too old, again, or too many."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.hardware.protocols.snmp_ber import IP, TICKS, encode_oid, integer, octets, parse_oid, sequence, tlv
from app.hardware.protocols.snmp_codec import UserCodec
from app.hardware.protocols.snmp_pdu import GET, INFORM, RESPONSE, TRAP, TRAP_V1, encode_request
from app.hardware.protocols.snmp_trap import TRAP_OID, open_envelope
from app.hardware.protocols.snmp_usm import Engine, User, encode_message
from app.hardware.readings import SnmpTarget
from app.hardware.trap_guard import Bucket, Clock, Drop, is_in_window
from app.hardware.trap_intake import Intake, Judged, Sender, plain_address, receiving_engine

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LINK_DOWN = "1.3.6.1.6.3.1.1.5.3"
NAMED = sequence(encode_oid(TRAP_OID), encode_oid(parse_oid(LINK_DOWN)))
SWITCH = SnmpTarget("10.0.0.5", community="kept-in-the-site")
SECURE = SnmpTarget(
    "10.0.0.6", version="3", username="rackside", auth="sha256", auth_password="auth-phrase-1",
    privacy="aes128", privacy_password="privacy-phrase-2",
)  # fmt: skip
USER = User("rackside", "sha256", "auth-phrase-1", "aes128", "privacy-phrase-2")
THEIRS = b"\x80\x00\x00\x00\x05theirs"


def pdu(kind: int = TRAP, request_id: int = 1, oid: str = LINK_DOWN) -> bytes:
    return told(sequence(encode_oid(TRAP_OID), encode_oid(parse_oid(oid))), kind=kind, request_id=request_id)


def told(*objects: bytes, kind: int = TRAP, request_id: int = 1) -> bytes:
    return tlv(kind, integer(request_id) + integer(0) + integer(0) + sequence(*objects))


def plain(inner: bytes, community: bytes = b"kept-in-the-site", version: int = 1) -> bytes:
    return sequence(integer(version), octets(community), inner)


def secure(
    inner: bytes, at: tuple[int, int], engine_id: bytes = THEIRS, user: User = USER, reports: bool = False
) -> bytes:
    engine = Engine(engine_id, at[0], at[1] + 0.5 - time.monotonic())
    return encode_message(7, inner, engine, user, reportable=reports)


def intake(*more: Sender) -> Intake:
    book = {"10.0.0.5": [Sender(1, 1, "tor-1", SWITCH), *more], "10.0.0.6": [Sender(2, 1, "tor-2", SECURE)]}
    return Intake(receiving_engine("test", NOW), book=book)


def judged(by: Intake, data: bytes, address: str = "10.0.0.5", after_s: float = 0) -> Judged:
    return by.judge(data, address, now=NOW + timedelta(seconds=after_s), ticks=1000 + after_s)


@pytest.mark.parametrize(
    ("data", "address", "drop"),
    [
        (plain(pdu()), "10.9.9.9", Drop.UNKNOWN_SENDER),
        (plain(pdu(), b"public"), "10.0.0.5", Drop.DENIED),
        (plain(pdu()), "10.0.0.6", Drop.DENIED),
        (secure(pdu(), (1, 1)), "10.0.0.5", Drop.DENIED),
        (secure(pdu(), (1, 1), user=User("rackside")), "10.0.0.6", Drop.DENIED),
        (secure(pdu(), (1, 1), user=User("rackside", "sha256", "auth-phrase-1")), "10.0.0.6", Drop.DENIED),
        (secure(pdu(), (1, 1), user=replace(USER, auth_phrase="another-one")), "10.0.0.6", Drop.DENIED),
        (b"hello", "10.0.0.5", Drop.MALFORMED),
        (bytes(9000), "10.0.0.5", Drop.MALFORMED),
        (plain(encode_request(GET, 1, [TRAP_OID])), "10.0.0.5", Drop.MALFORMED),
        (plain(pdu(oid="1.3.6.1.4.1.4294967295")[:-3]), "10.0.0.5", Drop.MALFORMED),
        (plain(told(sequence(encode_oid(TRAP_OID), octets(b"1.3")))), "10.0.0.5", Drop.MALFORMED),
        (plain(told(NAMED, sequence(encode_oid(TRAP_OID[:-1]), tlv(TICKS, b"")))), "10.0.0.5", Drop.MALFORMED),
    ],
)
def test_what_is_not_proved_or_makes_no_sense_is_counted_by_its_reason(data: bytes, address: str, drop: Drop) -> None:
    result = judged(intake(), data, address)
    assert (result.arrival, result.drop) == (None, drop)


def test_a_trap_of_each_version_arrives_once() -> None:
    ours = intake()
    v1 = integer(6) + integer(269) + tlv(TICKS, b"\x01") + sequence()
    of_v1 = tlv(TRAP_V1, encode_oid(parse_oid("1.3.6.1.4.1.318")) + tlv(IP, bytes(4)) + v1)
    for data, address, oid in (
        (plain(pdu()), "::ffff:10.0.0.5", LINK_DOWN),
        (plain(of_v1, version=0), "10.0.0.5", "1.3.6.1.4.1.318.0.269"),
        (secure(pdu(), (3, 100)), "10.0.0.6", LINK_DOWN),
    ):
        arrival = judged(ours, data, address).arrival
        assert arrival is not None
        assert arrival.notification.oid == oid
        assert judged(ours, data, address).drop is Drop.DUPLICATE


def test_an_inform_that_comes_again_is_answered_again_and_kept_once() -> None:
    ours = intake()
    first, second = judged(ours, plain(pdu(INFORM))), judged(ours, plain(pdu(INFORM)))
    assert first.arrival is not None
    assert second.drop is Drop.DUPLICATE
    assert first.reply == second.reply == plain(pdu(RESPONSE))


def test_a_sender_of_secure_informs_learns_who_we_are_and_is_answered() -> None:
    ours, sender = intake(), UserCodec(SECURE)
    introduced = judged(ours, sender.encode(7, encode_request(GET, 1, ())), "10.0.0.6")
    assert introduced.drop is None
    assert introduced.reply is not None
    sender.decode(introduced.reply)
    assert sender.engine.id == ours.engine.id

    late = judged(ours, secure(pdu(INFORM), (0, 0), ours.engine.id, reports=True), "10.0.0.6")
    assert (late.arrival, late.drop) == (None, None)
    assert late.reply is not None
    sender.decode(late.reply)
    assert (sender.engine.boots, abs(sender.engine.now() - ours.engine.now()) <= 1) == (1, True)

    kept = judged(ours, encode_message(8, pdu(INFORM), sender.engine, USER), "10.0.0.6")
    assert kept.arrival is not None
    assert kept.reply is not None
    assert sender.decode(kept.reply).kind == RESPONSE


def test_an_old_secure_message_is_a_replay_whatever_it_says() -> None:
    ours = intake()
    assert judged(ours, secure(pdu(request_id=1), (3, 1000)), "10.0.0.6").arrival
    assert judged(ours, secure(pdu(request_id=2), (3, 900)), "10.0.0.6").arrival, "a little late"
    assert judged(ours, secure(pdu(request_id=3), (3, 840)), "10.0.0.6").drop is Drop.REPLAYED
    assert judged(ours, secure(pdu(request_id=4), (2, 9999)), "10.0.0.6").drop is Drop.REPLAYED
    assert judged(ours, secure(pdu(request_id=5), (3, 1000)), "10.0.0.6", after_s=200).drop is Drop.REPLAYED
    assert judged(ours, secure(pdu(request_id=6), (4, 1)), "10.0.0.6", after_s=201).arrival, "it started anew"


def test_time_window_is_that_of_the_standard() -> None:
    known = Clock(3, 1000, heard_at=50.0)
    assert is_in_window(known, Clock(3, 860, heard_at=60.0))
    assert not is_in_window(known, Clock(3, 859, heard_at=60.0))
    assert not is_in_window(None, Clock(2**31 - 1, 5, heard_at=60.0))


def test_two_assets_behind_one_address_are_told_apart_by_their_credentials_or_not_at_all() -> None:
    apart = intake(Sender(3, 1, "pdu-a", SnmpTarget("10.0.0.5", community="another")))
    arrival = judged(apart, plain(pdu(), b"another")).arrival
    assert arrival is not None
    assert arrival.sender.tag == "pdu-a"
    assert judged(intake(Sender(3, 1, "pdu-a", SWITCH)), plain(pdu())).drop is Drop.AMBIGUOUS


def test_a_storm_is_cut_and_the_next_minute_is_heard_again() -> None:
    ours = intake()
    kept = sum(judged(ours, plain(pdu(request_id=number))).arrival is not None for number in range(10_000))
    assert kept == 60
    later = [judged(ours, plain(pdu(request_id=20_000 + n)), after_s=10).arrival is not None for n in range(60)]
    assert sum(later) == 10
    assert judged(ours, secure(pdu(), (3, 100)), "10.0.0.6").arrival, "another device is heard all the same"


def test_bucket_never_holds_more_than_its_burst() -> None:
    bucket = Bucket(2, 1)
    assert [bucket.take(1000.0) for _ in range(3)] == [True, True, False]
    assert [bucket.take(9000.0) for _ in range(3)] == [True, True, False]


def test_addresses_have_one_spelling() -> None:
    assert [plain_address(text) for text in ("::ffff:10.0.0.5", "fe80::1%eth0", "0:0::1", "bmc-1.example")] == [
        "10.0.0.5", "fe80::1", "::1", "bmc-1.example",
    ]  # fmt: skip


WHOLE = [plain(pdu()), plain(pdu(INFORM)), secure(pdu(), (3, 100)), secure(pdu(INFORM), (3, 100), reports=True)]


@given(st.binary(max_size=300), st.sampled_from(["10.0.0.5", "10.0.0.6", "10.9.9.9", "", "not an address"]))
def test_arbitrary_bytes_never_raise(data: bytes, address: str) -> None:
    judged(intake(), data, address)


@settings(max_examples=300)
@given(st.data())
def test_messages_with_spoilt_bytes_never_raise(data: st.DataObject) -> None:
    whole = bytearray(data.draw(st.sampled_from(WHOLE)))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    for address in ("10.0.0.5", "10.0.0.6"):
        judged(intake(), bytes(whole), address)


@settings(max_examples=300)
@given(st.binary(max_size=200), st.integers(0, 255))
def test_arbitrary_bytes_behind_the_right_community_never_raise(inner: bytes, tag: int) -> None:
    for kind in (tag, TRAP, INFORM, TRAP_V1):
        for version in (0, 1):
            judged(intake(), plain(tlv(kind, inner), version=version))


@pytest.mark.parametrize("body", [b"\x30\x06\x06\x01\x01", b"\x81" * 8000 + b"\x01"])
def test_a_number_without_end_costs_nothing(body: bytes) -> None:
    named = sequence(encode_oid(TRAP_OID), tlv(0x06, body))
    began = time.process_time()
    whole = tlv(TRAP, integer(1) + integer(0) + integer(0) + sequence(named))
    assert judged(intake(), plain(whole)).arrival is None or len(body) < 10
    assert time.process_time() - began < 0.5


def test_an_envelope_shows_no_secret() -> None:
    shown = repr(Sender(1, 1, "tor-1", SWITCH)) + repr(open_envelope(secure(pdu(), (1, 1))))
    assert "kept-in-the-site" not in shown
    assert "phrase" not in shown
