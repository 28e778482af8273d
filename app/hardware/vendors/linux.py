"""Linux hosts and switches with net-snmp (Cumulus, SONiC).

Source: LM-SENSORS-MIB (1.3.6.1.4.1.2021.13.16): thousandths of degrees and volts, fans in rpm. Sensors that read 0 are
chips' inputs with nothing on them: they give no reading. What the hardware itself thinks of its sensors is not told, so
no part is judged here.
"""

from __future__ import annotations

from app.hardware.families.snmp import Measure, SnmpFamily

LM = "1.3.6.1.4.1.2021.13.16"
NOTHING = frozenset({0, 2_147_483_647, 4_294_967_295})


def _sensor(table: int, mib: str, kind: str, unit: str, label: str, scale: float) -> Measure:
    entry = f"{LM}.{table}.1"
    return Measure(
        column=f"{entry}.3", object=mib, kind=kind, unit=unit, label=label, scale=scale, name_column=f"{entry}.2",
        not_measured=NOTHING,
    )  # fmt: skip


FAMILY = SnmpFamily(
    name="linux",
    title="Linux (LM-SENSORS-MIB)",
    identified_by=("1.3.6.1.4.1.8072.3.2", "1.3.6.1.4.1.40310"),
    measures=(
        _sensor(2, "lmTempSensorsValue", "temperature", "Cel", "Temperature", 0.001),
        _sensor(3, "lmFanSensorsValue", "fan", "/min", "Fan", 1.0),
        _sensor(4, "lmVoltSensorsValue", "voltage", "V", "Voltage", 0.001),
    ),
)
