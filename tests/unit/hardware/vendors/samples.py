"""A few lines of every family's agents, made up by hand: a fault or two, an empty place, a value or two.

A line is "OID|type|value" below `E.`, the private enterprises; types are those of ASN.1 (2 integer, 4 text, 6 OID).
"""

from __future__ import annotations

from dataclasses import dataclass, field

ENTERPRISES = "1.3.6.1.4.1."
HEALTHY: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Sample:
    """An agent, and what has to be made of it: "kind number-or-name state" of parts, findings and readings."""

    family: str
    role: str
    object_id: str
    lines: str
    parts: frozenset[str]
    findings: frozenset[str] = HEALTHY
    readings: frozenset[str] = field(default_factory=frozenset)
    in_use: frozenset[str] = field(default_factory=frozenset)

    @property
    def recorded(self) -> list[str]:
        """The lines as a walk would have recorded them."""
        lines = [line.strip() for line in self.lines.splitlines() if line.strip()]
        own = [line.replace("E.", ENTERPRISES, 1) if line.startswith("E.") else line for line in lines]
        return [f"1.3.6.1.2.1.1.2.0|6|{self.object_id.replace('E.', ENTERPRISES, 1)}", *own]


def sample(family: str, role: str, object_id: str, lines: str, parts: str, **more: str) -> Sample:
    """A sample whose expectations are lists with commas."""
    told = {name: frozenset(part.strip() for part in text.split(",")) for name, text in more.items()}
    return Sample(family, role, object_id, lines, frozenset(part.strip() for part in parts.split(",")), **told)


SERVERS = (
    sample(
        "dell_idrac",
        "server",
        "E.674.10892.5",
        """
        E.674.10892.5.4.600.12.1.5.1.1|2|3
        E.674.10892.5.4.600.12.1.5.1.2|2|5
        E.674.10892.5.4.600.12.1.11.1.2|2|9
        E.674.10892.5.5.1.20.130.4.1.2.7|4|Physical Disk 0:1:5
        E.674.10892.5.5.1.20.130.4.1.4.7|2|3
        E.674.10892.5.5.1.20.130.4.1.31.7|2|1
        E.674.10892.5.4.1100.50.1.5.1.3|2|3
        E.674.10892.5.4.1100.50.1.8.1.3|4|DIMM.Socket.B2
        E.674.10892.5.4.700.20.1.5.1.1|2|3
        E.674.10892.5.4.700.20.1.6.1.1|2|215
        E.674.10892.5.4.700.20.1.7.1.1|2|3
        E.674.10892.5.4.700.20.1.8.1.1|4|Inlet Temp
        E.674.10892.5.2.1.0|2|5
        """,
        "psu 1 ok, psu 2 critical, drive 5 warning, memory B2 ok, temperature Inlet Temp ok, system System critical",
        findings="PSU 2 has lost its input, Drive 5 predicts its failure",
        readings="temperature Inlet Temp 21.5 Cel",
    ),
    sample(
        "dell_omsa",
        "server",
        "E.311.1.1.3.1.2",
        """
        E.674.10892.1.300.10.1.4.1|2|3
        E.674.10892.1.700.12.1.5.1.2|2|8
        E.674.10893.1.20.130.4.1.2.1|4|Physical Disk 0:0:1
        E.674.10893.1.20.130.4.1.4.1|2|2
        E.674.10893.1.20.140.1.1.4.1|2|6
        E.674.10893.1.20.140.1.1.2.1|4|Data
        """,
        "fan 2 critical, drive 1 critical, raid_volume 1 warning",
        findings="Fan 2 has failed, Drive 1 has failed",
    ),
    sample(
        "hpe_ilo",
        "server",
        "E.232.9.4.11",
        """
        E.232.6.2.9.3.1.3.0.1|2|3
        E.232.6.2.9.3.1.4.0.1|2|4
        E.232.6.2.9.3.1.5.0.1|2|17
        E.232.6.2.6.7.1.4.0.3|2|2
        E.232.6.2.6.7.1.9.0.3|2|1
        E.232.6.2.14.13.1.13.0|4|PROC 1 DIMM 4
        E.232.6.2.14.13.1.19.0|2|11
        E.232.6.2.14.13.1.20.0|2|3
        E.232.3.2.5.1.1.6.0.9|2|3
        E.232.3.2.5.1.1.64.0.9|4|Port 1I Box 1 Bay 7
        E.232.3.2.3.1.1.4.0.1|2|5
        E.232.6.1.3.0|2|4
        """,
        "psu 1 critical, fan 3 absent, memory 4 warning, drive 7 critical, raid_volume 1 warning, "
        "system System critical",
        findings="PSU 1 has lost its input, DIMM 4 corrects memory errors, Drive 7 has failed",
    ),
    sample(
        "cisco_imc",
        "server",
        "E.9.1.2492",
        """
        E.9.9.719.1.15.56.1.2.1|4|sys/rack-unit-1/psu-1
        E.9.9.719.1.15.56.1.8.1|2|1
        E.9.9.719.1.45.4.1.2.4|4|sys/rack-unit-1/board/storage-SAS-A/pd-3
        E.9.9.719.1.45.4.1.9.4|2|2
        E.9.9.719.1.45.4.1.2.5|4|sys/rack-unit-1/board/storage-SAS-A/pd-4
        E.9.9.719.1.45.4.1.9.5|2|6
        """,
        "psu 1 ok, drive 3 critical, drive 4 absent",
        findings="Drive 3 has failed",
    ),
    sample(
        "supermicro_bmc",
        "server",
        "E.21317",
        """
        E.21317.1.14.2.1.2.1|2|1
        E.21317.1.14.2.1.2.2|2|3
        E.21317.1.3.1.2.1|4|97.000
        E.21317.1.3.1.8.1|4|80.000
        E.21317.1.3.1.9.1|4|90.000
        E.21317.1.3.1.13.1|4|System Temp
        E.21317.1.3.1.2.2|4|0.000
        E.21317.1.3.1.13.2|4|FAN3
        E.21317.1.3.1.2.3|4|0.000
        E.21317.1.3.1.13.3|4|Chassis Intru
        """,
        "psu 1 ok, psu 2 critical, temperature System Temp critical, fan 3 unknown, chassis Chassis Intru ok",
        findings="PSU 2 has failed, System Temp: 97 °C; above its critical limit of 90 °C",
        readings="temperature System Temp 97.0 Cel",
    ),
    sample(
        "supermicro_health",
        "server",
        "E.8072.3.2.10",
        """
        E.10876.2.1.1.1.1.2.1|4|CPU Temp
        E.10876.2.1.1.1.1.3.1|2|2
        E.10876.2.1.1.1.1.4.1|2|41
        E.10876.2.1.1.1.1.5.1|2|90
        E.10876.2.1.1.1.1.2.2|4|12V
        E.10876.2.1.1.1.1.3.2|2|1
        E.10876.2.1.1.1.1.4.2|2|12100
        """,
        "temperature CPU Temp ok, voltage 12V ok",
        readings="temperature CPU Temp 41.0 Cel, voltage 12V 12.1 V",
    ),
    sample(
        "lenovo_xcc",
        "server",
        "E.19046.11.1",
        """
        E.19046.11.1.1.11.2.1.2.1|4|Power 1
        E.19046.11.1.1.11.2.1.6.1|4|Normal
        E.19046.11.1.1.11.2.1.2.2|4|Power 2
        E.19046.11.1.1.11.2.1.6.2|4|Critical
        E.19046.11.1.1.4.1.0|2|2
        """,
        "psu 1 ok, psu 2 critical, system System critical",
        findings="PSU 2: critical",
    ),
    sample(
        "fujitsu_irmc",
        "server",
        "E.231",
        """
        E.231.2.10.2.2.10.6.2.1.3.1.1|4|PSU1
        E.231.2.10.2.2.10.6.2.1.5.1.1|2|5
        E.231.2.10.2.2.10.6.2.1.3.1.2|4|PSU2
        E.231.2.10.2.2.10.6.2.1.5.1.2|2|2
        E.231.2.10.2.2.10.5.2.1.3.1.1|4|FAN1 SYS
        E.231.2.10.2.2.10.5.2.1.5.1.1|2|5
        E.231.2.10.2.2.10.8.1.0|2|3
        """,
        "psu 1 critical, psu 2 absent, fan 1 warning, system System critical",
        findings="PSU 1 has lost its input, Fan 1 turns too slowly",
    ),
    sample(
        "huawei_ibmc",
        "server",
        "E.2011.2.235",
        """
        E.2011.2.235.1.1.18.50.1.2.1|2|2
        E.2011.2.235.1.1.18.50.1.3.1|2|3
        E.2011.2.235.1.1.18.50.1.6.1|4|Disk4
        E.2011.2.235.1.1.6.50.1.7.1|2|1
        E.2011.2.235.1.1.6.50.1.9.1|2|2
        E.2011.2.235.1.1.26.50.1.2.1|4|Inlet Temp
        E.2011.2.235.1.1.26.50.1.3.1|2|230
        """,
        "drive 4 critical, psu 1 ok",
        findings="Drive 4 has failed",
        readings="temperature Inlet Temp 23.0 Cel",
    ),
    sample(
        "lsi_megaraid",
        "server",
        "E.8072.3.2.10",
        """
        E.3582.4.1.4.1.2.1.1.0|2|0
        E.3582.4.1.4.1.2.1.19.0|2|1
        E.3582.4.1.4.2.1.2.1.5.0|4|3
        E.3582.4.1.4.2.1.2.1.10.0|2|17
        E.3582.4.1.4.2.1.2.1.36.0|2|31
        E.3582.4.1.4.2.1.2.1.5.1|4|4
        E.3582.4.1.4.2.1.2.1.9.1|2|2
        E.3582.4.1.4.2.1.2.1.10.1|2|24
        """,
        "drive 3 critical, drive 4 warning, raid_volume Volumes of controller 0 warning",
        findings="Drive 3 has failed, Drive 4 predicts its failure",
        readings="temperature Drive 3 31.0 Cel",
    ),
)
POWER = (
    sample(
        "raritan",
        "pdu",
        "E.13742.6",
        """
        E.13742.6.3.5.3.1.2.1.1|4|1
        E.13742.6.3.5.3.1.2.1.2|4|2
        E.13742.6.3.5.3.1.3.1.2|4|db-01
        E.13742.6.3.5.4.1.7.1.1.5|66|0
        E.13742.6.5.4.3.1.3.1.1.5|2|4
        E.13742.6.5.4.3.1.4.1.1.5|66|55
        E.13742.6.5.4.3.1.3.1.1.14|2|7
        E.13742.6.5.4.3.1.4.1.1.14|66|0
        E.13742.6.5.4.3.1.3.1.2.14|2|8
        E.13742.6.5.4.3.1.4.1.2.14|66|0
        """,
        "outlet 1 ok, outlet 2 critical",
        findings="Outlet 2 is off; but in use",
        readings="power Outlet 1 55.0 W",
        in_use="db-01",
    ),
    sample(
        "sentry3",
        "pdu",
        "E.1718.3",
        """
        E.1718.3.2.3.1.2.1.1.1|4|AA1
        E.1718.3.2.3.1.5.1.1.1|2|1
        E.1718.3.2.3.1.7.1.1.1|2|125
        E.1718.3.2.3.1.2.1.1.2|4|AA2
        E.1718.3.2.3.1.5.1.1.2|2|8
        """,
        "outlet AA1 ok, outlet AA2 critical",
        findings="Outlet AA2: off; and its fuse is blown",
        readings="current Outlet AA1 1.25 A",
    ),
    sample(
        "sentry4",
        "pdu",
        "E.1718.4",
        """
        E.1718.4.1.8.2.1.2.1.1.1|4|AA1
        E.1718.4.1.8.3.1.1.1.1.1|2|1
        E.1718.4.1.8.3.1.2.1.1.1|2|0
        E.1718.4.1.8.2.1.2.1.1.2|4|AA2
        E.1718.4.1.8.3.1.1.1.1.2|2|2
        E.1718.4.1.6.3.1.1.1.1.1|2|12
        """,
        "outlet AA1 ok, outlet AA2 ok, current Breaker 1 critical",
        findings="Breaker 1: breaker tripped",
    ),
    sample(
        "eaton_pdu",
        "pdu",
        "E.534.6.6.7",
        """
        E.534.6.6.7.6.6.1.2.0.1|2|1
        E.534.6.6.7.6.6.1.2.0.2|2|0
        E.534.6.6.7.6.1.1.2.0.2|4|2
        E.534.6.6.7.3.3.1.4.0.1.1|2|15900
        E.534.6.6.7.3.3.1.5.0.1.1|2|4
        E.534.6.6.7.3.3.1.12.0.1.1|4|L1
        """,
        "outlet 1 ok, outlet 2 ok, current L1 critical",
        findings="L1: above its critical limit",
        readings="current L1 15.9 A",
    ),
    sample(
        "vertiv_pdu",
        "pdu",
        "E.21239.42.1.38",
        """
        E.21239.5.2.3.5.1.4.1|2|1
        E.21239.5.2.3.5.1.4.2|2|2
        E.21239.5.2.3.1.1.9.1|66|740
        """,
        "outlet 1 ok, outlet 2 critical",
        findings="Outlet 2 is off; but in use",
        readings="power PDU 1 740.0 W",
        in_use="2",
    ),
    sample(
        "enlogic",
        "pdu",
        "E.38446.1",
        "E.38446.1.3.4.1.3.1.1|2|1\nE.38446.1.3.4.1.5.1.1|2|1520",
        "current Phase 1 critical",
        findings="Phase 1: above its critical limit",
        readings="current Phase 1 15.2 A",
    ),
    sample(
        "cyberpower",
        "pdu",
        "E.3808.1.1.3",
        "E.3808.1.1.3.3.5.1.1.4.1|2|1\nE.3808.1.1.3.3.5.1.1.4.2|2|2",
        "outlet 1 ok, outlet 2 critical",
        findings="Outlet 2 is off; but in use",
        in_use="2",
    ),
    sample(
        "hpe_pdu",
        "pdu",
        "E.232.165.7",
        "E.232.165.7.5.2.1.1.0.1|2|2\nE.232.165.7.5.2.1.1.0.2|2|1\nE.232.165.7.2.1.1.5.0|2|410",
        "outlet 1 ok, outlet 2 critical",
        findings="Outlet 2 is off; but in use",
        in_use="2",
    ),
    sample(
        "dell_pdu",
        "pdu",
        "E.674.10903.200",
        "E.674.10903.200.2.200.130.1.2.1.4.1|2|1\nE.674.10903.200.2.200.120.2.1.3.1|2|4",
        "outlet 1 ok, current Phase 1 critical",
        findings="Phase 1: overload",
    ),
    sample(
        "panduit",
        "pdu",
        "E.19536.10.1",
        "E.19536.10.1.3.1.1.2.1.1|4|B1\nE.19536.10.1.3.1.1.26.1.1|2|3\nE.19536.10.1.3.1.1.12.1.1|2|0",
        "current B1 critical",
        findings="B1: open",
        readings="current B1 0.0 A",
    ),
    sample(
        "eaton_ups",
        "ups",
        "E.534.1",
        "E.534.1.4.5.0|2|5\nE.534.1.2.5.0|2|2\nE.534.1.2.1.0|2|900",
        "ups UPS critical, battery UPS battery critical",
        findings="The UPS runs on battery and its battery is low",
        readings="runtime Runtime left 900.0 s",
    ),
    sample(
        "eaton_ups",
        "ups",
        "E.705.1",
        "E.705.1.7.3.0|2|2\nE.705.1.7.9.0|2|1\nE.705.1.5.11.0|2|1",
        "ups UPS ok, ups Inverter ok, battery UPS battery critical",
        findings="UPS battery has failed",
    ),
)
SWITCHES = (
    sample(
        "cisco_switch",
        "switch",
        "E.9.12.3.1.3.1812",
        """
        1.3.6.1.2.1.47.1.1.1.1.5.470|2|6
        1.3.6.1.2.1.47.1.1.1.1.7.470|4|PowerSupply-1
        1.3.6.1.2.1.47.1.1.1.1.5.471|2|6
        1.3.6.1.2.1.47.1.1.1.1.7.471|4|PowerSupply-2
        E.9.9.117.1.1.2.1.2.470|2|2
        E.9.9.117.1.1.2.1.2.471|2|5
        """,
        "psu 1 ok, psu 2 critical",
        findings="PSU 2 has lost its input",
    ),
    sample(
        "junos",
        "switch",
        "E.2636.1.1.1.2.131",
        """
        E.2636.3.1.13.1.5.2.1.1.0|4|Power Supply 0 @ 0/0/*
        E.2636.3.1.13.1.6.2.1.1.0|2|2
        E.2636.3.1.13.1.5.4.1.2.0|4|Fan Tray 1 @ 0/1/*
        E.2636.3.1.13.1.6.4.1.2.0|2|6
        E.2636.3.4.2.3.1.0|2|3
        """,
        "psu 0 ok, fan 1 critical, system Red alarm critical",
        findings="Fan 1 has failed",
    ),
    sample(
        "arista",
        "switch",
        "E.30065.1.3011.7050",
        """
        1.3.6.1.2.1.99.1.1.1.1.9|2|8
        1.3.6.1.2.1.99.1.1.1.2.9|2|9
        1.3.6.1.2.1.99.1.1.1.3.9|2|1
        1.3.6.1.2.1.99.1.1.1.4.9|2|912
        1.3.6.1.2.1.99.1.1.1.5.9|2|1
        1.3.6.1.2.1.47.1.1.1.1.2.9|4|Cpu temp sensor
        E.30065.3.12.1.1.1.3.9|2|800
        E.30065.3.12.1.1.1.4.9|2|900
        """,
        "temperature Cpu temp sensor critical",
        findings="Cpu temp sensor: 91.2 °C; above its critical limit of 90 °C",
        readings="temperature Cpu temp sensor 91.2 Cel",
    ),
    sample(
        "dell_os10",
        "switch",
        "E.674.11000.5000.100.2.1.9",
        """
        E.674.11000.5000.100.4.1.2.1.1.4.1|2|1
        E.674.11000.5000.100.4.1.2.1.1.4.2|2|6
        E.674.11000.5000.100.4.1.2.3.1.7.3|2|8
        """,
        "psu 1 ok, psu 2 absent, fan 3 critical",
        findings="Fan 3 has failed",
    ),
    sample(
        "mikrotik",
        "switch",
        "E.14988.1",
        """
        E.14988.1.1.3.100.1.2.7401|4|psu1-state
        E.14988.1.1.3.100.1.3.7401|66|1
        E.14988.1.1.3.100.1.4.7401|2|6
        E.14988.1.1.3.100.1.2.14|4|temperature
        E.14988.1.1.3.100.1.3.14|66|44
        E.14988.1.1.3.100.1.4.14|2|1
        """,
        "psu 1 critical",
        findings="PSU 1 has failed",
        readings="temperature temperature 44.0 Cel",
    ),
    sample(
        "comware",
        "switch",
        "E.25506.11.1.168",
        """
        1.3.6.1.2.1.47.1.1.1.1.5.30|2|6
        1.3.6.1.2.1.47.1.1.1.1.7.30|4|PSU 1
        E.25506.2.6.1.1.1.1.19.30|2|51
        1.3.6.1.2.1.47.1.1.1.1.5.31|2|7
        1.3.6.1.2.1.47.1.1.1.1.7.31|4|FAN 1
        E.25506.2.6.1.1.1.1.19.31|2|2
        """,
        "psu 1 critical, fan 1 ok",
        findings="PSU 1 has failed",
    ),
    sample(
        "procurve",
        "switch",
        "E.11.2.3.7.11.147",
        "E.11.2.14.11.1.2.6.1.4.1|2|4\nE.11.2.14.11.1.2.6.1.7.1|4|Fan Sensor\n"
        "E.11.2.14.11.1.2.6.1.4.2|2|2\nE.11.2.14.11.1.2.6.1.7.2|4|Power Supply Sensor",
        "fan 1 ok, psu 2 critical",
        findings="PSU 2 has failed",
    ),
    sample(
        "linux",
        "switch",
        "E.40310",
        "E.2021.13.16.2.1.2.1|4|Board\nE.2021.13.16.2.1.3.1|66|33500\n"
        "E.2021.13.16.3.1.2.1|4|fan1\nE.2021.13.16.3.1.3.1|66|0",
        "",
        readings="temperature Board 33.5 Cel",
    ),
)
SAMPLES = (*SERVERS, *POWER, *SWITCHES)
