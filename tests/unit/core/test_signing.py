"""Standard Webhooks 1.0.0: what we sign others accept, and nothing an attacker sends raises."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
import standardwebhooks
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Invalid
from app.core.signing import key_of, signed_headers, verified_id

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = f"whsec_{base64.b64encode(b'o' * 24).decode()}"
AT = datetime.fromtimestamp(1614265330, UTC)
BODY = b'{"test": 2432232314}'
HEADERS = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
KEYS = [key_of(SECRET)]


def test_the_standards_own_example_is_signed_and_verified() -> None:
    assert signed_headers(KEYS, HEADERS["webhook-id"], AT, BODY) == HEADERS
    assert verified_id(KEYS, HEADERS, BODY, AT) == HEADERS["webhook-id"]


@given(st.uuids(), st.text(), st.lists(st.binary(min_size=24, max_size=64), min_size=1, max_size=3))
def test_what_we_sign_the_standards_library_accepts_under_each_secret(
    message_id: object, text: str, keys: list[bytes]
) -> None:
    text = text.encode(errors="ignore").decode()
    headers = signed_headers(keys, str(message_id), datetime.now(UTC), text.encode())
    for key in keys:
        standardwebhooks.Webhook(key).verify(text, headers, json_parse=False)


def test_a_secret_is_replaced_without_a_gap() -> None:
    both = signed_headers([key_of(OTHER), *KEYS], "m", AT, BODY)
    assert verified_id(KEYS, both, BODY, AT) == "m"
    assert verified_id([key_of(OTHER)], both, BODY, AT) == "m"
    assert verified_id([key_of(OTHER), *KEYS], HEADERS, BODY, AT) == HEADERS["webhook-id"]


@pytest.mark.parametrize("drift", [timedelta(seconds=301), timedelta(seconds=-301)])
def test_a_message_older_or_newer_than_five_minutes_is_not_taken(drift: timedelta) -> None:
    assert verified_id(KEYS, HEADERS, BODY, AT + drift) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"webhook-id": "a.b"},
        {"webhook-id": ""},
        {"webhook-id": "\udcff"},
        {"webhook-timestamp": "1614265331"},
        {"webhook-timestamp": "9" * 40},
        {"webhook-timestamp": "\u0661"},
        {"webhook-timestamp": "-1"},
        {"webhook-timestamp": "nan"},
        {"webhook-signature": ""},
        {"webhook-signature": "garbage"},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,é"},
        {"webhook-signature": "v1,\udcff"},
        {"webhook-signature": "v1a," + HEADERS["webhook-signature"][3:]},
        {"webhook-signature": "v2," + HEADERS["webhook-signature"][3:]},
        {"webhook-signature": HEADERS["webhook-signature"][3:]},
    ],
)
def test_malformed_headers_are_refused_without_an_exception(wrong: dict[str, str]) -> None:
    assert verified_id(KEYS, {**HEADERS, **wrong}, BODY, AT) is None


@given(st.dictionaries(st.sampled_from(sorted(HEADERS)), st.text()), st.binary(), st.datetimes(timezones=st.just(UTC)))
def test_nothing_that_is_sent_raises_or_passes(headers: dict[str, str], body: bytes, now: datetime) -> None:
    assert verified_id(KEYS, headers, body, now) is None


def test_a_changed_body_or_another_key_is_refused() -> None:
    assert verified_id(KEYS, HEADERS, BODY + b" ", AT) is None
    assert verified_id([key_of(OTHER)], HEADERS, BODY, AT) is None
    assert verified_id([], HEADERS, BODY, AT) is None


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_?", "whsec_é", SECRET.removeprefix("whsec_")]
)
def test_a_bad_secret_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(Invalid) as refused:
        key_of(secret)
    assert "c2hvcnQ" not in refused.value.detail


@pytest.mark.parametrize("message_id", ["", "rt.example-17"])
def test_an_id_with_a_full_stop_is_never_signed(message_id: str) -> None:
    with pytest.raises(Invalid):
        signed_headers(KEYS, message_id, AT, BODY)
