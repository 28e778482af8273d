"""A Redfish service over real HTTPS: sessions, pinned certificates, deadlines, and what survives a bad service."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Iterator

import pytest

from app.core.errors import AuthRefused, HardwareError, Malformed, Refused, TimedOut, Unreachable, Unsupported
from app.hardware.collect import collect
from app.hardware.diagnostics import DiagnosticsDocument
from app.hardware.protocols import redfish
from app.hardware.readings import RedfishTarget, SourceStatus, State
from app.hardware.target import Device, ProbeTarget
from lab.fixtures import ends_within
from lab.redfish import SESSIONS, Service
from lab.redfish_trees import ROOT, collection, older_model, present_model
from tests.unit.hardware.redfish.answers import NOW, changed

SECRET = "never-shown-7"
POWER, SENSORS = f"{ROOT}/Chassis/1/Power", f"{ROOT}/Chassis/node/Sensors"


@pytest.fixture
def service() -> Iterator[Service]:
    with Service(present_model(), "diag", SECRET) as running:
        yield running


@pytest.fixture
def older() -> Iterator[Service]:
    with Service(older_model(), "diag", SECRET) as running:
        yield running


def target(service: Service, password: str = SECRET, *, pin: str | None = None) -> RedfishTarget:
    return RedfishTarget(service.url, "diag", password, fingerprint=pin or service.fingerprint)


def probed(service: Service, deadline_s: float = 5) -> DiagnosticsDocument:
    device = Device("server", "SRV-0042", serial="UM10042", redfish=target(service))
    return collect(ProbeTarget(device, deadline_s=deadline_s), lambda: NOW)


def refusal_of(service: Service, error: type[HardwareError], deadline_s: float = 2, **target_of: str) -> HardwareError:
    with ends_within(deadline_s), pytest.raises(error) as raised:
        redfish.read(target(service, **target_of), deadline_s)
    told = raised.value
    assert told.advice
    assert SECRET not in f"{told!r} {told.reason} {told.advice} {told.__cause__!r}"
    return told


def test_healthy_server_is_read_whole_in_one_session_that_is_closed(service: Service) -> None:
    document = probed(service)
    assert document.complete
    assert document.findings == ()
    assert document.identity.serial == "UM10042"
    assert document.power.on is True
    assert (service.opened, service.sessions) == (1, {})
    assert service.requests.count(f"POST {SESSIONS}") == 1


def test_faulty_supply_is_named_over_the_wire() -> None:
    lost = {"Status": {"State": "Enabled", "Health": "Critical"}, "LineInputStatus": "LossOfInput"}
    tree = changed(present_model(), {"Chassis/node/PowerSubsystem/PowerSupplies/2": lost})
    with Service(tree, "diag", SECRET) as running:
        (finding,) = probed(running).findings
    assert (finding.kind, finding.number, finding.state) == ("psu", "2", State.CRITICAL)


def test_service_that_expands_is_asked_once_for_a_collection(service: Service) -> None:
    answer = redfish.read(target(service), 5)
    assert answer.requests < len(answer.resources)
    assert sum(path.startswith(f"GET {SENSORS}") for path in service.requests) == 1


def test_service_that_promises_to_expand_and_does_not_is_read_one_by_one(service: Service) -> None:
    service.orders.without_expand = True
    assert probed(service).complete


def test_service_without_expand_is_read_one_by_one(older: Service) -> None:
    document = probed(older)
    assert document.complete
    assert {part.name for part in document.components} >= {"PSU1", "PSU2", "FAN1", "PROC 2 DIMM 2"}


def test_service_without_sessions_is_read_by_basic_authentication(older: Service) -> None:
    older.orders.without_sessions = True
    assert probed(older).complete
    assert older.opened == 0


def test_session_without_a_location_is_closed_by_its_body(service: Service) -> None:
    service.orders.without_location = True
    redfish.read(target(service), 5)
    assert service.sessions == {}


def test_dangling_link_is_said_and_the_source_is_ok(older: Service) -> None:
    del older.tree[f"{ROOT}/Chassis/1/Thermal"]
    document = probed(older)
    assert document.complete
    assert "1 of its links lead nowhere" in (document.sources[0].detail or "")


def test_part_that_fails_is_named_and_takes_no_other_with_it(older: Service) -> None:
    older.orders.failing = (f"{ROOT}/Chassis/1/Thermal",)
    document = probed(older)
    (source,) = document.sources
    assert source.status is SourceStatus.PARTIAL
    assert "Chassis/1/Thermal: the service failed (HTTP 500)" in (source.detail or "")
    assert any(part.name == "PSU2" for part in document.components)
    assert older.sessions == {}


def test_cut_json_is_named_and_the_rest_is_read(older: Service) -> None:
    older.orders.cut = (POWER,)
    document = probed(older)
    assert "Chassis/1/Power: its JSON is cut or broken" in (document.sources[0].detail or "")
    assert any(part.name == "FAN1" for part in document.components)


@pytest.mark.parametrize("body", [b"[]", b"7", b"\xff\xfe", b"[" * 100_000, b'{"a": ' + b"9" * 5000 + b"}", b""])
def test_answer_that_is_no_object_is_named(older: Service, body: bytes) -> None:
    older.orders.said[POWER] = body
    document = probed(older)
    assert document.sources[0].status is SourceStatus.PARTIAL
    assert any(part.name == "FAN1" for part in document.components)


def test_busy_service_is_asked_again(older: Service) -> None:
    older.orders.busy_times = 2
    assert probed(older).complete


@pytest.mark.parametrize("order", ["hanging", "dripping"])
def test_service_that_hangs_in_one_part_gives_the_others_inside_the_deadline(older: Service, order: str) -> None:
    setattr(older.orders, order, (f"{ROOT}/Systems/1/Memory",))
    with ends_within(2):
        document = probed(older, 2)
    (source,) = document.sources
    assert source.status is SourceStatus.PARTIAL
    assert "Systems/1/Memory: no answer within" in (source.detail or "")
    assert {part.name for part in document.components} >= {"PSU1", "FAN1"}
    assert older.sessions == {}


def test_slow_service_gives_what_matters_first_and_names_what_is_missing(older: Service) -> None:
    sockets = {f"{n}": {"DeviceLocator": f"DIMM {n}", "Status": {"Health": "OK"}} for n in range(1, 65)}
    older.tree.update(collection("Systems/1/Memory", sockets))
    older.orders.delay_s = 0.15
    with ends_within(2):
        document = probed(older, 2)
    names = {part.name for part in document.components}
    assert names >= {"PSU1", "PSU2", "FAN1"}
    assert "DIMM_64" not in names
    assert "Systems/1/Memory" in (document.sources[0].detail or "")


def test_session_that_ends_in_the_middle_is_opened_again(service: Service) -> None:
    began = threading.Event()

    def end_sessions(name: str, _count: object) -> None:
        if not began.is_set():
            began.set()
            service.sessions.clear()

    answer = redfish.read(target(service), 5, end_sessions)
    assert (answer.problems, service.opened, service.sessions) == ({}, 2, {})


def test_account_that_is_shut_out_in_the_middle_keeps_what_was_read(older: Service) -> None:
    older.orders.refused_after = 8
    document = probed(older)
    (source,) = document.sources
    assert source.status is SourceStatus.PARTIAL
    assert "the service does not accept the user name and password" in (source.detail or "")
    assert older.requests.count(f"POST {SESSIONS}") == 2  # more might lock the account


def test_wrong_password_is_refused_by_name(service: Service) -> None:
    refusal_of(service, AuthRefused, password="wrong")
    assert service.sessions == {}


def test_exhausted_sessions_are_said_as_such(service: Service) -> None:
    service.orders.most_sessions = 0
    assert "no session left" in refusal_of(service, Refused).reason


def test_other_certificate_than_recorded_gets_no_password(service: Service) -> None:
    refusal = refusal_of(service, Unreachable, pin="ab" * 32)
    assert "another one than was recorded" in refusal.reason
    assert service.requests == []


def test_fingerprint_may_be_written_with_colons(service: Service) -> None:
    pairs = ":".join(service.fingerprint[n : n + 2] for n in range(0, 64, 2)).upper()
    assert redfish.read(target(service, pin=pairs), 5).problems == {}


def test_untrusted_certificate_gets_no_password_unless_told_not_to_look(service: Service) -> None:
    with pytest.raises(Unreachable, match="not one that we trust"):
        redfish.read(RedfishTarget(service.url, "diag", SECRET), 2)
    assert service.requests == []
    assert redfish.read(RedfishTarget(service.url, "diag", SECRET, verify_tls=False), 5).problems == {}


def test_redirect_is_not_followed(service: Service) -> None:
    service.orders.elsewhere = (ROOT,)
    assert "redirects" in refusal_of(service, Unsupported).reason


def test_link_to_another_host_is_not_followed(older: Service) -> None:
    other = "https://192.0.2.1/redfish/v1/Chassis/1/Power"
    older.tree[f"{ROOT}/Chassis/1"]["Power"] = {"@odata.id": other}
    document = probed(older)
    assert document.complete
    assert all("192.0.2.1" not in path for path in older.requests)


def test_page_that_leads_to_itself_ends(older: Service) -> None:
    path = f"{ROOT}/Systems/1/Memory"
    older.tree[path]["@odata.nextLink"] = f"{path}?$skiptoken=2"
    assert probed(older).complete
    assert sum(request.startswith(f"GET {path}?") or request == f"GET {path}" for request in older.requests) <= 3


def test_packed_answer_of_a_thousandfold_size_is_not_unpacked(older: Service) -> None:
    older.orders.said[POWER] = gzip.compress(json.dumps({"Name": " " * (64 << 20)}).encode())
    older.orders.packed = (POWER,)
    document = probed(older)
    assert "larger than any real one" in (document.sources[0].detail or "")


@pytest.mark.parametrize(
    ("order", "value", "error"),
    [
        ("hanging", (ROOT,), TimedOut),
        ("dripping", (ROOT,), TimedOut),
        ("dropping", (ROOT,), Unreachable),
        ("cut", (ROOT,), Malformed),
        ("failing", (ROOT,), Refused),
    ],
)
def test_service_that_says_nothing_is_a_typed_error_inside_the_deadline(
    service: Service, order: str, value: tuple[str, ...], error: type[HardwareError]
) -> None:
    setattr(service.orders, order, value)
    refusal_of(service, error, deadline_s=1.5)


def test_nobody_at_the_address_is_unreachable() -> None:
    with ends_within(2), pytest.raises(Unreachable):
        redfish.read(RedfishTarget("https://127.0.0.1:9", "diag", SECRET), 2)


def test_no_thread_and_no_session_is_left_behind(service: Service) -> None:
    service.orders.hanging = (SENSORS,)
    redfish.read(target(service), 1.5)
    until = time.monotonic() + 5
    while any(thread.name.startswith("redfish") for thread in threading.enumerate()):
        assert time.monotonic() < until
    assert service.sessions == {}


def test_light_is_switched_on_and_off_by_the_present_property(service: Service) -> None:
    redfish.identify(target(service), on=True, deadline_s=3)
    redfish.identify(target(service), on=False, deadline_s=3)
    path = f"{ROOT}/Systems/node"
    assert service.changes == [(path, {"LocationIndicatorActive": True}), (path, {"LocationIndicatorActive": False})]
    assert service.sessions == {}


def test_older_light_is_lit_where_it_cannot_blink(older: Service) -> None:
    older.tree[f"{ROOT}/Systems/1"]["IndicatorLED@Allowed"] = ["Lit", "Off"]
    redfish.identify(target(older), on=True, deadline_s=3)
    assert older.changes == [(f"{ROOT}/Systems/1", {"IndicatorLED": "Lit"})]


def test_light_of_the_chassis_is_taken_where_the_system_has_none(service: Service) -> None:
    del service.tree[f"{ROOT}/Systems/node"]["LocationIndicatorActive"]
    redfish.identify(target(service), on=True, deadline_s=3)
    assert service.changes == [(f"{ROOT}/Chassis/node", {"IndicatorLED": "Blinking"})]


def test_service_whose_etag_never_matches_still_switches_its_light(service: Service) -> None:
    service.orders.fixed_etag = True
    redfish.identify(target(service), on=True, deadline_s=3)
    assert len(service.changes) == 1


def test_service_without_a_light_says_so(older: Service) -> None:
    del older.tree[f"{ROOT}/Systems/1"]["IndicatorLED"]
    with pytest.raises(Unsupported):
        redfish.identify(target(older), on=True, deadline_s=3)
    assert older.sessions == {}
