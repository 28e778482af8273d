"""What agents say becomes parts and readings by the tables of their family."""

from __future__ import annotations

import pytest

from app.core.errors import Invalid
from app.hardware.diagnostics import Kind
from app.hardware.facts import Part, Wiring, join_facts
from app.hardware.families.snmp import SnmpFamily, Values
from app.hardware.readings import SnmpType, SnmpValue
from app.hardware.rules import judge
from app.hardware.vendors import FAMILIES, ipmi_family, load_family, snmp_families
from app.hardware.vendors.apc import FAMILY as APC
from app.hardware.vendors.apc_ats import FAMILY as ATS
from app.hardware.vendors.apc_ups import FAMILY as APC_UPS
from app.hardware.vendors.entity_mib import FAMILY as ENTITIES
from app.hardware.vendors.if_mib import FAMILY as PORTS
from app.hardware.vendors.raritan import FAMILY as RARITAN
from app.hardware.vendors.ups_mib import FAMILY as UPS
from tests.unit.hardware.answers import NOW, integer, text, values

RPDU2, RPDU, SPDU = "1.3.6.1.4.1.318.1.1.26", "1.3.6.1.4.1.318.1.1.12", "1.3.6.1.4.1.318.1.1.4"
IF, IFX, UPS_OBJECTS = "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1", "1.3.6.1.2.1.33.1"


def parts(family: SnmpFamily, objects: dict[str, SnmpValue]) -> list[Part]:
    return list(family.facts(values(family, objects)).parts)


def test_every_family_in_the_folder_is_found_without_being_listed() -> None:
    assert {family.name for family in FAMILIES} >= {"apc", "if_mib", "ipmi_generic", "ups_mib"}


def test_agent_is_read_by_its_own_family_and_by_the_standards_of_its_role() -> None:
    assert [family.name for family in snmp_families("1.3.6.1.4.1.318.1.3.4.6", "pdu")] == ["apc", "entity_mib"]
    assert [family.name for family in snmp_families("1.3.6.1.4.1.30065.1", "switch")] == [
        "arista",
        "entity_mib",
        "if_mib",
    ]
    assert [family.name for family in snmp_families("1.3.6.1.4.1.318.1.3.45", "pdu")] == ["entity_mib"]


def test_bmc_of_an_unknown_maker_is_read_by_the_standard() -> None:
    assert ipmi_family("Nobody Ever Heard Of").name == "ipmi_generic"
    assert ipmi_family(None).name == "ipmi_generic"


def test_every_row_of_every_family_names_its_mib_object() -> None:
    for family in FAMILIES:
        if isinstance(family, SnmpFamily):
            rows = [row.object for row in family.statuses] + [row.object for row in family.measures]
            assert all(name and not name[0].isdigit() for name in rows), family.name


@pytest.mark.parametrize(
    ("column", "code", "value"),
    [
        (f"{RPDU2}.9.2.3.1.5", 1, "off"),
        (f"{RPDU2}.9.2.3.1.5", 2, "on"),
        (f"{RPDU}.3.5.1.1.4", 1, "on"),
        (f"{RPDU}.3.5.1.1.4", 2, "off"),
        (f"{SPDU}.4.2.1.3", 1, "on"),
        (f"{SPDU}.4.2.1.3", 2, "off"),
    ],
)
def test_apc_turns_the_meaning_of_one_and_two_round_between_its_tables(column: str, code: int, value: str) -> None:
    (outlet,) = parts(APC, {f"{column}.4": integer(code)})
    assert (outlet.kind, outlet.number, outlet.name, outlet.value, outlet.state) == (
        "outlet",
        "4",
        "Outlet 4",
        value,
        "ok",
    )


def test_outlet_that_two_tables_tell_of_is_one_outlet() -> None:
    (outlet,) = parts(APC, {f"{RPDU2}.9.2.3.1.5.4": integer(1), f"{SPDU}.4.2.1.3.4": integer(2)})
    assert outlet.value == "off"
    assert [seen.object for seen in outlet.observations] == ["rPDU2OutletSwitchedStatusState.4", "sPDUOutletCtl.4"]


def test_outlets_of_a_chained_pdu_are_never_taken_for_those_of_the_first() -> None:
    table = f"{RPDU2}.9.2.3.1"
    found = parts(
        APC,
        {
            f"{table}.5.4": integer(2),
            f"{table}.5.28": integer(1),
            f"{table}.4.4": integer(4),
            f"{table}.4.28": integer(4),
        },
    )
    assert [(outlet.number, outlet.value) for outlet in found] == [("4", "on"), ("28", "off")]


def test_outlet_is_known_by_its_label_too() -> None:
    (outlet,) = parts(APC, {f"{RPDU2}.9.2.3.1.5.4": integer(2), f"{RPDU2}.9.2.3.1.3.4": text("db-01 feed A")})
    assert outlet.answers_to("DB-01 Feed A")
    assert outlet.answers_to("4")


def test_metered_outlet_reads_watts_amperes_and_energy() -> None:
    table = f"{RPDU2}.9.4.3.1"
    facts = APC.facts(
        values(APC, {f"{table}.7.4": integer(231), f"{table}.6.4": integer(10), f"{table}.11.4": integer(19677)})
    )
    assert [(one.kind, one.value, one.unit, one.component) for one in facts.readings] == [
        ("power", 231.0, "W", "Outlet 4"),
        ("current", 1.0, "A", "Outlet 4"),
        ("energy", 1967.7, "kW.h", "Outlet 4"),
    ]


def test_what_is_not_measured_gives_no_reading() -> None:
    assert APC.facts(values(APC, {f"{RPDU2}.9.4.3.1.7.4": integer(-1)})).readings == ()


def test_overloaded_bank_is_told_once_and_the_pdus_own_alarm_with_it() -> None:
    facts = APC.facts(values(APC, {f"{RPDU2}.4.3.1.4.1": integer(4), f"{RPDU2}.8.3.1.4.1": integer(4)}))
    assert [finding.title for finding in judge(facts, Wiring(), "PDU-A")[1]] == ["Bank 1: overload"]


def test_code_that_the_mib_does_not_explain_is_unknown_with_the_code() -> None:
    (outlet,) = parts(APC, {f"{RPDU2}.9.2.3.1.5.4": integer(9)})
    assert (outlet.state, outlet.component.reason) == ("unknown", "code 9, which its MIB does not explain")


def test_text_where_a_number_should_be_is_unknown() -> None:
    (outlet,) = parts(APC, {f"{RPDU2}.9.2.3.1.5.4": text("on")})
    assert outlet.state == "unknown"


def test_device_texts_lose_their_control_characters() -> None:
    (outlet,) = parts(APC, {f"{RPDU2}.9.2.3.1.5.4": integer(2), f"{RPDU2}.9.2.3.1.3.4": text(b"db\x1b[31m\x00\xe9")})
    assert outlet.name == "db[31mé"


def test_serial_and_model_come_from_the_newest_table_that_answers() -> None:
    facts = APC.facts(values(APC, {f"{RPDU2}.2.1.9.1": text("NEW"), f"{SPDU}.1.5.0": text("OLD")}))
    assert (facts.identity.manufacturer, facts.identity.serial) == ("APC", "NEW")


@pytest.mark.parametrize(
    ("source", "state"), [(2, "critical"), (3, "ok"), (4, "warning"), (5, "critical"), (6, "ok"), (1, "unknown")]
)
def test_output_source_of_a_ups_decides_its_state(source: int, state: str) -> None:
    (ups,) = parts(UPS, {f"{UPS_OBJECTS}.4.1.0": integer(source)})
    assert (ups.kind, ups.state) == ("ups", state)


def test_ups_on_battery_is_one_finding_with_the_minutes_left() -> None:
    facts = UPS.facts(
        values(
            UPS,
            {
                f"{UPS_OBJECTS}.4.1.0": integer(5),
                f"{UPS_OBJECTS}.2.1.0": integer(3),
                f"{UPS_OBJECTS}.2.3.0": integer(3),
                f"{UPS_OBJECTS}.6.2.1.2.1": SnmpValue("", SnmpType.OID, b"1.3.6.1.2.1.33.1.6.3.2"),
            },
        )
    )
    (finding,) = judge(facts, Wiring(), "UPS-1")[1]
    assert finding.title == "The UPS runs on battery and its battery is low"
    assert "3 minutes are left" in finding.advice


def test_alarm_of_the_makers_own_is_a_warning_and_names_itself() -> None:
    alarm = SnmpValue("", SnmpType.OID, b"1.3.6.1.4.1.534.1.7.9")
    (ups,) = parts(UPS, {f"{UPS_OBJECTS}.6.2.1.2.7": alarm})
    assert (ups.state, ups.component.reason) == ("warning", "an alarm of the maker's own: 1.3.6.1.4.1.534.1.7.9")


def port_objects(admin: int, oper: int | None, if_type: int = 6) -> dict[str, SnmpValue]:
    told = {
        f"{IF}.2.7": text("Ethernet 12 descr"),
        f"{IF}.3.7": integer(if_type),
        f"{IF}.7.7": integer(admin),
        f"{IFX}.1.7": text("Ethernet12"),
        f"{IFX}.15.7": integer(25000),
        f"{IFX}.18.7": text("SRV-0042 eth0"),
    }
    return told if oper is None else {**told, f"{IF}.8.7": integer(oper)}


@pytest.mark.parametrize(
    ("admin", "oper", "value", "state"),
    [
        (1, 1, "up", "ok"),
        (1, 2, "down", "ok"),
        (1, 7, "down", "ok"),
        (2, 2, "admin_down", "ok"),
        (1, 6, "down", "absent"),
        (1, 4, None, "unknown"),
        (1, None, None, "unknown"),
    ],
)
def test_port_is_up_down_or_switched_off_and_no_fault_by_itself(
    admin: int, oper: int | None, value: str | None, state: str
) -> None:
    (port,) = parts(PORTS, port_objects(admin, oper))
    assert (port.number, port.value, port.state) == ("Ethernet12", value, state)


def test_port_is_known_by_name_description_and_alias() -> None:
    (port,) = parts(PORTS, port_objects(1, 1))
    assert all(port.answers_to(name) for name in ("ethernet12", "Ethernet 12 descr", "SRV-0042 eth0"))


def test_only_ethernet_ports_are_ports() -> None:
    assert parts(PORTS, port_objects(1, 2, if_type=24)) == []


def test_speed_is_read_of_ports_that_are_up_only() -> None:
    up, down = (PORTS.facts(values(PORTS, port_objects(1, oper))).readings for oper in (1, 2))
    assert [(one.kind, one.value, one.unit) for one in up] == [("speed", 25000.0, "Mbit/s")]
    assert down == ()


def test_roll_up_kinds_are_kinds_of_the_document() -> None:
    assert all(kind in set(Kind) for family in FAMILIES if isinstance(family, SnmpFamily) for kind in _rollups(family))


def _rollups(family: SnmpFamily) -> list[Kind]:
    return [kind for row in family.statuses for kind in row.explained_by]


def test_file_that_declares_no_family_stops_the_start_with_its_name() -> None:
    with pytest.raises(Invalid, match=r"tests\.unit\.hardware\.samples: the file must declare FAMILY"):
        load_family("tests.unit.hardware.samples")


def test_transfer_switch_that_lost_a_source_tells_the_source_and_not_the_redundancy_too() -> None:
    ats = "1.3.6.1.4.1.318.1.1.8.5.1"
    objects = {f"{ats}.12.0": integer(2), f"{ats}.13.0": integer(1), f"{ats}.3.0": integer(1)}
    assert [one.title for one in judge(ATS.facts(values(ATS, objects)), Wiring(), "ATS-1")[1]] == ["Source B: failed"]


@pytest.mark.parametrize(("code", "state"), [(2, "ok"), (3, "critical"), (7, "critical"), (12, "ok"), (99, "unknown")])
def test_output_status_of_an_apc_ups_decides_its_state(code: int, state: str) -> None:
    (ups,) = parts(APC_UPS, {"1.3.6.1.4.1.318.1.1.1.4.1.1.0": integer(code)})
    assert ups.state == state


def test_ups_that_two_mibs_tell_of_is_one_ups() -> None:
    objects = {"1.3.6.1.4.1.318.1.1.1.4.1.1.0": integer(3), f"{UPS_OBJECTS}.4.1.0": integer(5)}
    both = join_facts(family.facts(values(family, objects)) for family in (APC_UPS, UPS))
    assert [one.title for one in judge(both, Wiring(), "UPS-1")[1]] == ["The UPS runs on battery"]


@pytest.mark.parametrize(
    ("digits", "value", "state"), [(1, 230.4, "ok"), (10**9, None, "unknown"), (-3, None, "unknown")]
)
def test_decimal_digits_that_no_pdu_has_make_a_voltage_unknown_and_cost_nothing(
    digits: int, value: float | None, state: str
) -> None:
    pdu2 = "1.3.6.1.4.1.13742.6"
    objects = {f"{pdu2}.5.2.3.1.4.1.1.4": integer(2304), f"{pdu2}.5.2.3.1.3.1.1.4": integer(4)}
    objects |= {f"{pdu2}.3.3.4.1.6.1.1.4": integer(1), f"{pdu2}.3.3.4.1.7.1.1.4": integer(digits)}
    (inlet,) = RARITAN.facts(values(RARITAN, objects)).readings
    assert (inlet.value, inlet.state) == (value, state)


@pytest.mark.parametrize(
    ("scale", "precision", "raw", "value"),
    [(9, 1, 235, 23.5), (8, 0, 23500, 23.5), (2**31 - 1, 0, 235, None), (9, -(2**31), 235, None)],
)
def test_sensor_of_a_scale_that_the_mib_does_not_know_is_unknown(
    scale: int, precision: int, raw: int, value: float | None
) -> None:
    sensors = "1.3.6.1.2.1.99.1.1.1"
    columns = {1: 8, 2: scale, 3: precision, 4: raw, 5: 1}
    objects = {f"{sensors}.{arc}.7": integer(said) for arc, said in columns.items()}
    (reading,) = ENTITIES.facts(values(ENTITIES, objects)).readings
    assert (reading.value, reading.state) == (value, "ok" if value is not None else "unknown")


@pytest.mark.parametrize("said", [float("nan"), float("inf"), -1e308])
def test_number_that_is_none_is_not_there(said: float) -> None:
    oid = "1.3.6.1.2.1.33.1.2.7.0"
    agent = Values("snmp", NOW, {oid: SnmpValue(oid, SnmpType.FLOAT, said)}, {})
    assert agent.number(oid) is None
