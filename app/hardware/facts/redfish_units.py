"""Where Redfish resources measure, and in which unit: DSP2046's properties of both models. Data."""

from __future__ import annotations

# DSP0268 writes UCUM; what services write instead stands beside it
UNITS = {
    "cel": "Cel", "c": "Cel", "celsius": "Cel", "degc": "Cel", "v": "V", "volts": "V", "a": "A", "amps": "A", "w": "W",
    "watts": "W", "va": "VA", "kw.h": "kW.h", "kwh": "kW.h", "j": "J", "hz": "Hz", "%": "%", "percent": "%",
    "rpm": "/min", "/min": "/min", "{rev}/min": "/min", "{rpm}": "/min", "1/min": "/min", "s": "s",
}  # fmt: skip
KIND_OF_TYPE = {
    "temperature": "temperature", "voltage": "voltage", "current": "current", "power": "power", "energykwh": "energy",
    "energyjoules": "energy", "energywh": "energy", "frequency": "frequency", "humidity": "humidity",
    "rotational": "fan",
}  # fmt: skip
KIND_OF_UNIT = {
    "Cel": "temperature", "V": "voltage", "A": "current", "W": "power", "VA": "power", "kW.h": "energy", "J": "energy",
    "Hz": "frequency", "/min": "fan", "s": "runtime",
}  # fmt: skip
UNIT_OF_KIND = {"temperature": "Cel", "voltage": "V", "current": "A", "power": "W", "frequency": "Hz", "humidity": "%"}
LIMITS = {
    "unc": ("Thresholds/UpperCaution/Reading", "UpperThresholdNonCritical"),
    "ucr": ("Thresholds/UpperCritical/Reading", "UpperThresholdCritical"),
    "unr": ("Thresholds/UpperFatal/Reading", "UpperThresholdFatal"),
    "lnc": ("Thresholds/LowerCaution/Reading", "LowerThresholdNonCritical"),
    "lcr": ("Thresholds/LowerCritical/Reading", "LowerThresholdCritical"),
    "lnr": ("Thresholds/LowerFatal/Reading", "LowerThresholdFatal"),
}
# Values that stand in a part itself: role -> (pointer, kind, unit, word added to the part's name)
OWN_VALUES = {
    "power_supply": (
        ("LineInputVoltage", "voltage", "V", "input voltage"),
        ("PowerInputWatts", "power", "W", "input power"),
        ("PowerOutputWatts", "power", "W", "output power"),
        ("LastPowerOutputWatts", "power", "W", "output power"),
    ),
    "power_control": (("PowerConsumedWatts", "power", "W", "power consumed"),),
    "fan": (("SpeedPercent/SpeedRPM", "fan", "/min", "speed"),),
    "battery": (("ChargeLevelPercent", "charge", "%", "charge"),),
    "drive": (("PredictedMediaLifeLeftPercent", "media_life", "%", "media life left"),),
}  # fmt: skip
# Values that repeat a sensor and name it: told only when that sensor was not read
EXCERPTS = {
    "fan": (("SpeedPercent", "fan", "%", "speed"),),
    "supply_metrics": (
        ("InputVoltage", "voltage", "V", "input voltage"),
        ("InputCurrentAmps", "current", "A", "input current"),
        ("InputPowerWatts", "power", "W", "input power"),
        ("OutputPowerWatts", "power", "W", "output power"),
        ("TemperatureCelsius", "temperature", "Cel", "temperature"),
    ),
    "environment": (
        ("TemperatureCelsius", "temperature", "Cel", "temperature"),
        ("PowerWatts", "power", "W", "power"),
        ("HumidityPercent", "humidity", "%", "humidity"),
    ),
    "battery": (("StateOfHealthPercent", "health", "%", "state of health"),),
}  # fmt: skip
OLD_MODEL = {"temperature": ("temperature", "Cel", "ReadingCelsius"), "voltage": ("voltage", "V", "ReadingVolts")}
