"""The encoding rules, the walk's guards and SNMPv3's keys, without a network."""

from __future__ import annotations

import contextlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.hardware.protocols.snmp_ber import (
    COUNTER,
    COUNTER64,
    END_OF_MIB,
    NO_SUCH_OBJECT,
    OCTETS,
    OPAQUE,
    BerError,
    Oid,
    Reader,
    decode_integer,
    decode_oid,
    decode_value,
    dotted,
    encode_oid,
    integer,
    octets,
    parse_oid,
    sequence,
    tlv,
)
from app.hardware.protocols.snmp_codec import CommunityCodec, UserCodec
from app.hardware.protocols.snmp_pdu import (
    GET,
    RESPONSE,
    Varbind,
    decode_varbinds,
    encode_request,
    read_values,
)
from app.hardware.protocols.snmp_usm import (
    AUTH,
    PRIVACY_KEY_SIZE,
    Engine,
    User,
    decode_message,
    encode_message,
    localized_key,
)
from app.hardware.protocols.snmp_walk import judge_page
from app.hardware.readings import SnmpTarget, SnmpType, SnmpValue

COLUMN = parse_oid("1.3.6.1.2.1.2.2.1.2")
ENGINE = bytes(11) + b"\x02"  # the engine id of RFC 3414's examples
CODEC = CommunityCodec(SnmpTarget("127.0.0.1"))
oids = st.builds(
    lambda first, second, rest: (first, second, *rest),
    st.integers(0, 2),
    st.integers(0, 39),
    st.lists(st.integers(0, 2**32 - 1), max_size=20),
)


@given(oids)
def test_oid_survives_encoding_and_spelling(oid: Oid) -> None:
    assert decode_oid(Reader(encode_oid(oid)).expect(0x06)) == oid
    assert parse_oid(f".{dotted(oid)}") == oid


@given(st.integers(-(2**63), 2**63 - 1))
def test_integer_survives_encoding(number: int) -> None:
    assert decode_integer(Reader(integer(number)).expect(0x02)) == number


@given(st.binary(max_size=70_000))
def test_body_of_any_length_survives_encoding(body: bytes) -> None:
    assert Reader(octets(body)).next() == (OCTETS, body)


@given(st.binary(max_size=300))
def test_any_datagram_is_understood_or_refused_and_nothing_else(data: bytes) -> None:
    with pytest.raises(BerError):
        CODEC.decode(data)


@given(st.data())
def test_damaged_answer_is_understood_or_refused_and_nothing_else(data: st.DataObject) -> None:
    listed = sequence(sequence(encode_oid((*COLUMN, 1)), octets(b"eth0")))
    answer = bytearray(CODEC.encode(0, tlv(RESPONSE, integer(7) + integer(0) + integer(0) + listed)))
    place = data.draw(st.integers(0, len(answer) - 1))
    answer[place] = data.draw(st.integers(0, 255))
    try:
        values = [varbind.value() for varbind in CODEC.decode(bytes(answer)).varbinds]
    except BerError:
        return
    assert len(values) <= 1


@given(st.integers(0, 255), st.binary(max_size=20))
def test_any_value_is_typed_or_refused(tag: int, body: bytes) -> None:
    try:
        kind, value = decode_value(tag, body)
    except BerError:
        return
    assert (kind is SnmpType.ABSENT) == (value is None)
    assert not isinstance(value, int) or kind is SnmpType.INTEGER or value >= 0


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=20)), max_size=8))
def test_a_table_of_values_is_read_as_each_of_them_alone(told: list[tuple[int, bytes]]) -> None:
    varbinds = [Varbind((*COLUMN, row), tag, body) for row, (tag, body) in enumerate(told)]
    values: list[SnmpValue] = []
    problem = read_values(varbinds, values)
    alone = []
    for varbind in varbinds:
        with contextlib.suppress(BerError):
            alone.append(varbind.value())
    assert values == alone
    assert (problem is None) == (len(alone) == len(varbinds))


def _with_long_length(tag: int, body: bytes) -> bytes:
    """The same element, its length spelled in two bytes more than are needed."""
    return bytes((tag, 0x82)) + len(body).to_bytes(2, "big") + body


@given(st.lists(st.tuples(oids, st.integers(0, 255), st.binary(max_size=300)), max_size=8))
def test_an_object_is_read_the_same_however_its_lengths_are_spelled(told: list[tuple[Oid, int, bytes]]) -> None:
    plain = b"".join(sequence(encode_oid(oid), tlv(tag, body)) for oid, tag, body in told)
    spelled = b"".join(
        _with_long_length(0x30, encode_oid(oid) + _with_long_length(tag, body)) for oid, tag, body in told
    )
    read = [(varbind.oid, varbind.tag, varbind.body) for varbind in decode_varbinds(plain)]
    assert read == [(varbind.oid, varbind.tag, varbind.body) for varbind in decode_varbinds(spelled)] == told


@given(st.data())
def test_a_list_of_objects_that_is_cut_is_refused(data: st.DataObject) -> None:
    whole = b"".join(sequence(encode_oid((*COLUMN, row)), octets(b"eth0")) for row in (1, 2))
    cut = data.draw(st.integers(1, len(whole) - 1).filter(lambda at: at != len(whole) // 2))
    with pytest.raises(BerError):
        decode_varbinds(whole[:cut])


def test_doubles_and_unknown_opaques_are_told_apart() -> None:
    assert decode_value(OPAQUE, b"\x9f\x79\x08\x40\x37\x80\x00\x00\x00\x00\x00") == (SnmpType.FLOAT, 23.5)
    assert decode_value(OPAQUE, b"\x9f\x78\x04\x41") == (SnmpType.STRING, b"\x9f\x78\x04\x41")


def test_counter_with_its_sign_carried_on_is_taken_modulo_its_size() -> None:
    assert decode_value(COUNTER, b"\xff\xff\xff\xff\xff\xf0") == (SnmpType.COUNTER, 2**32 - 16)
    assert decode_value(COUNTER64, b"\x01" + bytes(8)) == (SnmpType.COUNTER64, 0)


def _page(*last_numbers: int) -> list[Varbind]:
    return [Varbind((*COLUMN, number), OCTETS, b"x") for number in last_numbers]


def test_page_goes_on_while_identifiers_ascend() -> None:
    page = judge_page(COLUMN, (*COLUMN, 3), _page(4, 5, 9))
    assert ([row.oid[-1] for row in page.rows], page.ended, page.problem) == ([4, 5, 9], False, None)


def test_page_ends_where_the_column_ends() -> None:
    outside = Varbind(parse_oid("1.3.6.1.2.1.2.2.1.3.1"), OCTETS, b"x")
    end = Varbind((*COLUMN, 5), END_OF_MIB, b"")
    for last in (outside, end):
        page = judge_page(COLUMN, COLUMN, [*_page(4), last])
        assert ([row.oid[-1] for row in page.rows], page.ended, page.problem) == ([4], True, None)


@pytest.mark.parametrize("numbers", [(3,), (1,), (4, 4), (4, 5, 4)])
def test_page_that_repeats_or_goes_back_is_a_problem(numbers: tuple[int, ...]) -> None:
    page = judge_page(COLUMN, (*COLUMN, 3), _page(*numbers))
    assert page.problem == "the agent's list does not ascend"
    assert [row.oid[-1] for row in page.rows] == sorted({number for number in numbers if number > 3})


def test_empty_page_is_a_fault_and_a_missing_column_is_not() -> None:
    assert judge_page(COLUMN, COLUMN, []).problem == "the agent answered with an empty list"
    missing = judge_page(COLUMN, COLUMN, [Varbind(COLUMN, NO_SUCH_OBJECT, b"")])
    assert (missing.rows, missing.ended, missing.problem) == ((), True, None)


@given(st.lists(st.tuples(oids, st.sampled_from([OCTETS, NO_SUCH_OBJECT, END_OF_MIB])), max_size=30), oids)
def test_no_page_ever_goes_back_or_leaves_the_column(listed: list[tuple[Oid, int]], column: Oid) -> None:
    page = judge_page(column, column, [Varbind(oid, tag, b"") for oid, tag in listed])
    walked = [column, *(row.oid for row in page.rows)]
    assert all(before < after for before, after in itertools.pairwise(walked))
    assert all(row.oid[: len(column)] == column for row in page.rows)
    assert page.rows or page.ended or page.problem


def test_keys_are_those_of_the_standards_examples() -> None:
    """RFC 3414 A.3.1 and A.3.2."""
    assert localized_key("md5", "maplesyrup", ENGINE).hex() == "526f5eed9fcce26f8964c2930787d82b"
    assert localized_key("sha1", "maplesyrup", ENGINE).hex() == "6695febc9288e36282235fc7151f128497b38f3f"
    assert len(localized_key("sha1", "maplesyrup", ENGINE, size=32)) >= 32


LEVELS = [(None, None), *itertools.product(AUTH, [None, *PRIVACY_KEY_SIZE])]


@pytest.mark.parametrize(("auth", "privacy"), LEVELS)
def test_message_can_be_opened_with_the_users_keys_and_no_others(auth: str | None, privacy: str | None) -> None:
    user = User("rack", auth, "authenticate-me", privacy, "hide-it-from-them")
    engine = Engine()
    engine.learn(ENGINE, boots=3, at=1000)
    pdu = encode_request(GET, 42, [COLUMN])
    sent = encode_message(42, pdu, engine, user)
    opened = decode_message(sent, user)
    assert (opened.message_id, opened.engine_id, opened.boots) == (42, ENGINE, 3)
    assert tlv(*opened.pdu) == pdu
    assert (b"rack" in sent, pdu in sent) == (True, privacy is None)
    if auth:
        other = User("rack", auth, "another-phrase", privacy, "hide-it-from-them")
        with pytest.raises(BerError, match="signature"):
            decode_message(sent, other)
        with pytest.raises(BerError):
            decode_message(sent[:-1] + bytes([sent[-1] ^ 1]), user)


def test_answer_less_protected_than_its_request_is_not_believed() -> None:
    codec = UserCodec(
        SnmpTarget(
            "127.0.0.1",
            version="3",
            username="rack",
            auth="sha256",
            auth_password="authenticate-me",
            privacy="aes128",
            privacy_password="hide-it-from-them",
        )
    )
    codec.engine.learn(ENGINE, boots=3, at=1000)
    answer = tlv(RESPONSE, integer(42) + integer(0) + integer(0) + sequence())
    assert codec.decode(encode_message(42, answer, codec.engine, codec.user)).request_id == 42
    for weaker in (User("rack"), User("rack", "sha256", "authenticate-me")):
        with pytest.raises(BerError, match="less protected"):
            codec.decode(encode_message(42, answer, codec.engine, weaker))


def test_user_never_shows_its_phrases() -> None:
    shown = repr(User("rack", "sha", "authenticate-me", "aes128", "hide-it-from-them"))
    assert "authenticate-me" not in shown
    assert "hide-it" not in shown
