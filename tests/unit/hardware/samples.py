"""Hand-made diagnostics that other tests build on: a healthy server, and one whose PSU 2 lost its input."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from app.hardware.diagnostics import (
    Cause,
    Component,
    DiagnosticsDocument,
    Event,
    Evidence,
    Finding,
    Kind,
    Power,
    Reading,
    Source,
)
from app.hardware.readings import Identity, SourceStatus, State

TAKEN_AT = datetime(2026, 11, 23, 8, 0, 0, 120_000, tzinfo=UTC)
HEALTHY_ID = "4f7f2f0e-3c5b-4a3c-9d55-0a4b6f1d7c01"
FAULTY_ID = "4f7f2f0e-3c5b-4a3c-9d55-0a4b6f1d7c02"


def healthy_server(device: str = "SRV-0042", taken_at: datetime = TAKEN_AT) -> DiagnosticsDocument:
    """Every source answered and nothing is above ok."""
    return DiagnosticsDocument(
        id=HEALTHY_ID,
        device=device,
        taken_at=taken_at,
        duration_ms=812,
        complete=True,
        sources=(
            Source("ipmi", "127.0.0.1:623", SourceStatus.OK, duration_ms=530, requests=81),
            Source("snmp:PDU-A", "127.0.0.1:161", SourceStatus.OK, duration_ms=210, requests=9),
        ),
        identity=Identity("Supermicro", "SSG-6029P", "CZ12345", device, "9.08"),
        power=Power(on=True, watts=452.0),
        components=(
            _part(Kind.BMC, "BMC", None),
            _part(Kind.PSU, "PSU1", "1", serial="P1SN"),
            _part(Kind.PSU, "PSU2", "2", serial="P2SN"),
            _part(Kind.FAN, "FAN1", "1"),
            _part(Kind.FAN, "FAN2", "2", State.ABSENT),
            _part(Kind.DRIVE, "Drive 0", "0"),
            _part(Kind.MEMORY, "DIMM_A1", "A1"),
            _part(Kind.CPU, "CPU1", "1"),
            Component(Kind.OUTLET, "Outlet 14", "14", State.OK, None, None, "snmp:PDU-A", "on", "PDU-A"),
        ),
        readings=(
            _reading("temperature", "Inlet", 24.0, "Cel", taken_at),
            _reading("fan", "FAN1", 4270.0, "/min", taken_at, "FAN1"),
            _reading("power", "PS1 Input Power", 224.0, "W", taken_at, "PSU1"),
            _reading("power", "PS2 Input Power", 228.0, "W", taken_at, "PSU2"),
            Reading(
                "temperature", "PCH Temp", None, "Cel", State.UNKNOWN, "ipmi", taken_at, "the sensor is switched off"
            ),
            Reading(
                "power",
                "Outlet 14",
                231.0,
                "W",
                State.OK,
                "snmp:PDU-A",
                taken_at,
                component="Outlet 14",
                device="PDU-A",
            ),
        ),
        events=(
            Event(
                taken_at - timedelta(days=3),
                "PSU2",
                Kind.PSU,
                State.CRITICAL,
                "Input lost",
                "ipmi-sel",
                "11",
                over=True,
            ),
        ),
    )


def server_with_lost_input(device: str = "SRV-0042", taken_at: datetime = TAKEN_AT) -> DiagnosticsDocument:
    """PSU 2 lost its input because outlet 14 of PDU-A is off; one switch did not answer."""
    healthy = healthy_server(device, taken_at)
    swapped = {
        "PSU2": _part(Kind.PSU, "PSU2", "2", State.CRITICAL, "input lost", "P2SN"),
        "Outlet 14": Component(
            Kind.OUTLET, "Outlet 14", "14", State.CRITICAL, "off", None, "snmp:PDU-A", "off", "PDU-A"
        ),
    }
    silent = Source(
        "snmp:tor-1",
        "127.0.0.1:1161",
        SourceStatus.TIMEOUT,
        "tor-1 did not answer within 10 s.",
        "Check the address, the community and the path to tor-1.",
        10_004,
        4,
    )
    return replace(
        healthy,
        id=FAULTY_ID,
        complete=False,
        sources=(*healthy.sources, silent),
        power=Power(on=True, watts=224.0),
        components=tuple(swapped.get(part.name, part) for part in healthy.components),
        findings=(lost_input(taken_at),),
    )


def lost_input(taken_at: datetime = TAKEN_AT) -> Finding:
    return Finding(
        state=State.CRITICAL,
        kind=Kind.PSU,
        component="PSU2",
        number="2",
        title="PSU 2 has lost its input",
        cause=Cause(Kind.OUTLET, "PDU-A", "14", "off"),
        advice="Ask who switched outlet 14 of PDU-A off, and why, before it is switched on. Do not pull PSU 1.",
        job_kind="outlet_check",
        evidence=(
            Evidence("ipmi", "PS2 Status", "input lost", taken_at),
            Evidence("snmp:PDU-A", "rPDU2OutletSwitchedStatusState.14", "off", taken_at),
        ),
    )


def _part(
    kind: Kind,
    name: str,
    number: str | None,
    state: State = State.OK,
    reason: str | None = None,
    serial: str | None = None,
) -> Component:
    return Component(kind, name, number, state, reason, serial, "ipmi")


def _reading(kind: str, name: str, value: float, unit: str, at: datetime, component: str | None = None) -> Reading:
    return Reading(kind, name, value, unit, State.OK, "ipmi", at, component=component)
