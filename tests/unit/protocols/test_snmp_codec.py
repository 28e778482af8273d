"""The encoding rules, the walk's guards and SNMPv3's keys, without a network."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.hardware.protocols.snmp_ber import (
    COUNTER,
    COUNTER64,
    END_OF_MIB,
    INTEGER,
    NO_SUCH_OBJECT,
    OCTETS,
    OID,
    OPAQUE,
    REMEMBERED,
    UNSIGNED,
    BerError,
    Names,
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
from app.hardware.protocols.snmp_pdu import ENCODED_NULL, GET, MARKS, RESPONSE, decode_objects, encode_request
from app.hardware.protocols.snmp_usm import (
    AUTH,
    PRIVACY_KEY_SIZE,
    Engine,
    User,
    decode_message,
    encode_message,
    localized_key,
)
from app.hardware.protocols.snmp_walk import Page, judge_page
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
        objects = CODEC.decode(bytes(answer)).objects
    except BerError:
        return
    assert len(objects.values) + len(objects.unread) == len(objects.oids) <= 1


@given(st.integers(0, 255), st.binary(max_size=20))
def test_any_value_is_typed_or_refused(tag: int, body: bytes) -> None:
    try:
        kind, value = decode_value(tag, body)
    except BerError:
        return
    assert (kind is SnmpType.ABSENT) == (value is None)
    assert not isinstance(value, int) or kind is SnmpType.INTEGER or value >= 0


typed_bodies = st.tuples(
    st.integers(0, 255) | st.sampled_from([*UNSIGNED, *MARKS, INTEGER, OCTETS, OID, OPAQUE]), st.binary(max_size=10)
)


@given(st.lists(typed_bodies, max_size=8))
def test_a_table_of_values_is_read_as_each_of_them_alone(told: list[tuple[int, bytes]]) -> None:
    oids = [(*COLUMN, row) for row in range(len(told))]
    objects = decode_objects(_listed([(oid, tlv(*typed)) for oid, typed in zip(oids, told, strict=True)]))
    alone, unread = [], set()
    for place, (oid, (tag, body)) in enumerate(zip(oids, told, strict=True)):
        try:
            alone.append(SnmpValue(dotted(oid), *decode_value(tag, body)))
        except BerError:
            unread.add(place)
    assert objects.oids == oids
    assert objects.values == alone
    assert objects.unread.keys() == unread
    assert objects.marks == {place: tag for place, (tag, _) in enumerate(told) if tag in MARKS}


def _listed(told: list[tuple[Oid, bytes]]) -> bytes:
    return b"".join(sequence(encode_oid(oid), value) for oid, value in told)


def _with_long_length(tag: int, body: bytes) -> bytes:
    """The same element, its length spelled in two bytes more than are needed."""
    return bytes((tag, 0x82)) + len(body).to_bytes(2, "big") + body


@given(st.lists(st.tuples(oids, st.integers(0, 255), st.binary(max_size=10) | st.binary(max_size=300)), max_size=8))
def test_an_object_is_read_the_same_however_its_lengths_are_spelled(told: list[tuple[Oid, int, bytes]]) -> None:
    plain = _listed([(oid, tlv(tag, body)) for oid, tag, body in told])
    spelled = b"".join(
        _with_long_length(0x30, encode_oid(oid) + _with_long_length(tag, body)) for oid, tag, body in told
    )
    read = decode_objects(plain)
    assert repr(read) == repr(decode_objects(spelled))  # a NaN is not equal to itself
    assert read.oids == [oid for oid, _, _ in told]


@given(st.data())
def test_a_list_of_objects_that_is_cut_is_refused(data: st.DataObject) -> None:
    whole = _listed([((*COLUMN, row), octets(b"eth0")) for row in (1, 2)])
    cut = data.draw(st.integers(1, len(whole) - 1).filter(lambda at: at != len(whole) // 2))
    with pytest.raises(BerError):
        decode_objects(whole[:cut])


def test_doubles_and_unknown_opaques_are_told_apart() -> None:
    assert decode_value(OPAQUE, b"\x9f\x79\x08\x40\x37\x80\x00\x00\x00\x00\x00") == (SnmpType.FLOAT, 23.5)
    assert decode_value(OPAQUE, b"\x9f\x78\x04\x41") == (SnmpType.STRING, b"\x9f\x78\x04\x41")


def test_counter_with_its_sign_carried_on_is_taken_modulo_its_size() -> None:
    assert decode_value(COUNTER, b"\xff\xff\xff\xff\xff\xf0") == (SnmpType.COUNTER, 2**32 - 16)
    assert decode_value(COUNTER64, b"\x01" + bytes(8)) == (SnmpType.COUNTER64, 0)


def test_an_object_of_odd_measures_is_read_by_its_own_lengths_or_refused() -> None:
    name = encode_oid(COLUMN)
    assert [value.value for value in decode_objects(sequence(name, octets(b"x"), b"\0")).values] == [b"x"]
    for broken in (tlv(0x31, name + octets(b"x")), tlv(0x30, name + b"\x04\x02x") + octets(b"x")):
        with pytest.raises(BerError):
            decode_objects(broken)
    short, long = encode_oid((1, 3)) + ENCODED_NULL + b"\0", encode_oid((1, 3)) + octets(bytes(114))
    by_chance = b"\x30\x81\x06" + short + b"\x30\x81\x77" + long  # read as short lengths, they fit too
    assert [value.value for value in decode_objects(by_chance).values] == [None, bytes(114)]


def test_numbers_of_one_byte_keep_their_sign() -> None:
    listed = _listed([((*COLUMN, row), tlv(tag, b"\xff")) for row, tag in enumerate((INTEGER, COUNTER))])
    assert [value.value for value in decode_objects(listed).values] == [-1, 255]


def test_what_is_named_by_something_else_than_an_identifier_is_refused() -> None:
    with pytest.raises(BerError, match="unexpected tag"):
        decode_objects(sequence(octets(b"name"), octets(b"value")))


def test_more_identifiers_than_are_remembered_are_still_read_right() -> None:
    names = Names()
    seen = [(*COLUMN, number) for number in range(REMEMBERED + 2)]
    assert [names[encode_oid(oid)] for oid in seen] == [(oid, dotted(oid)) for oid in seen]
    assert len(names) <= REMEMBERED
    assert names[encode_oid(seen[0])] == (seen[0], dotted(seen[0]))


def _judge(last: Oid, *told: tuple[Oid, bytes]) -> Page:
    return judge_page(COLUMN, last, decode_objects(_listed(list(told))))


def _rows(*last_numbers: int) -> list[tuple[Oid, bytes]]:
    return [((*COLUMN, number), octets(b"x")) for number in last_numbers]


def _numbers(page: Page) -> list[int]:
    return [parse_oid(row.oid)[-1] for row in page.rows]


def test_page_goes_on_while_identifiers_ascend() -> None:
    page = _judge((*COLUMN, 3), *_rows(4, 5, 9))
    assert (_numbers(page), page.last, page.ended, page.problem) == ([4, 5, 9], (*COLUMN, 9), False, None)


@pytest.mark.parametrize("rows", [(4,), (4, 5)])
def test_page_ends_where_the_column_ends(rows: tuple[int, ...]) -> None:
    outside = (parse_oid("1.3.6.1.2.1.2.2.1.3.1"), octets(b"x"))
    far = (parse_oid("1.3.6.1.2.1.31"), octets(b"x"))
    end = ((*COLUMN, 8), tlv(END_OF_MIB, b""))
    for after in ([outside], [outside, far], [end], [outside, end]):
        page = _judge(COLUMN, *_rows(*rows), *after)
        assert (_numbers(page), page.ended, page.problem) == (list(rows), True, None)
    assert _judge((*COLUMN, 5), outside, far) == Page(ended=True)


def test_page_that_leaves_the_column_and_comes_back_ends_where_it_left() -> None:
    outside = (parse_oid("1.3.6.1.2.1.2.2.1.3.1"), octets(b"x"))
    for told in ([*_rows(4), outside, *_rows(5)], [*_rows(4), (COLUMN[:-1], octets(b"x")), *_rows(5)]):
        page = _judge(COLUMN, *told)
        assert (_numbers(page), page.ended, page.problem) == ([4], True, None)


@pytest.mark.parametrize("numbers", [(3,), (1,), (4, 4), (4, 5, 4), (1, 4, 5), (3, 4, 5)])
def test_page_that_repeats_or_goes_back_is_a_problem(numbers: tuple[int, ...]) -> None:
    page = _judge((*COLUMN, 3), *_rows(*numbers))
    good = itertools.takewhile(lambda pair: pair[1] > pair[0], itertools.pairwise([3, *numbers]))
    assert page.problem == "the agent's list does not ascend"
    assert _numbers(page) == [number for _, number in good]


def test_empty_page_is_a_fault_and_a_missing_column_is_not() -> None:
    assert _judge(COLUMN).problem == "the agent answered with an empty list"
    assert _judge(COLUMN, (COLUMN, tlv(NO_SUCH_OBJECT, b""))) == Page(ended=True)
    assert _judge(COLUMN, (COLUMN, ENCODED_NULL)).problem == "the agent's list does not ascend"


def test_row_without_a_readable_value_is_told_and_the_walk_goes_on_behind_it() -> None:
    unreadable = ((*COLUMN, 5), tlv(INTEGER, b""))
    page = _judge(COLUMN, *_rows(4), unreadable, *_rows(6))
    assert (_numbers(page), page.last, page.problem) == ([4, 6], (*COLUMN, 6), None)
    assert page.unread == f"{dotted((*COLUMN, 5))}: a number without bytes"
    assert _judge(COLUMN, unreadable).last == (*COLUMN, 5)
    back = _judge(COLUMN, *_rows(4), unreadable, *_rows(4))
    assert (_numbers(back), back.problem) == ([4], "the agent's list does not ascend")


told_values = st.sampled_from([octets(b"x"), integer(5), tlv(INTEGER, b""), ENCODED_NULL])
near = st.lists(st.integers(0, 3), max_size=3).map(lambda rest: (*COLUMN[:-1], *rest)) | oids


@given(st.lists(st.tuples(near, told_values | st.sampled_from([tlv(mark, b"") for mark in MARKS])), max_size=12), near)
def test_no_page_ever_goes_back_or_leaves_the_column(listed: list[tuple[Oid, bytes]], column: Oid) -> None:
    page = judge_page(column, column, decode_objects(_listed(listed)))
    walked = [column, *(parse_oid(row.oid) for row in page.rows)]
    assert all(before < after for before, after in itertools.pairwise(walked))
    assert all(oid[: len(column)] == column for oid in walked)
    assert page.last or page.ended or page.problem


@given(st.lists(st.tuples(near, told_values), max_size=12, unique_by=lambda row: row[0]), near)
def test_page_of_an_orderly_agent_has_every_row_of_the_column(listed: list[tuple[Oid, bytes]], column: Oid) -> None:
    after = sorted(row for row in listed if row[0] > column)
    objects = decode_objects(_listed(after))
    page = judge_page(column, column, objects)
    inside = [dotted(oid) for oid, _ in after if oid[: len(column)] == column]
    assert [row.oid for row in page.rows] == [value.oid for value in objects.values if value.oid in inside]
    assert page.ended == (len(inside) < len(after))


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
