"""How a sensor's raw byte becomes a value (IPMI 2.0 section 36.3). Pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

UNSIGNED, ONES_COMPLEMENT, TWOS_COMPLEMENT = 0, 1, 2
NON_LINEAR = range(0x70, 0x80)
LARGEST = 1e12  # no sensor in a machine room measures more; beyond it the factors are broken

_LINEARISATIONS: dict[int, Callable[[float], float]] = {
    0: lambda x: x,
    1: math.log,
    2: math.log10,
    3: math.log2,
    4: math.exp,
    5: lambda x: math.pow(10, x),
    6: math.exp2,
    7: lambda x: 1 / x,
    8: lambda x: x * x,
    9: lambda x: x * x * x,
    10: math.sqrt,
    11: lambda x: math.copysign(abs(x) ** (1 / 3), x),
}


@dataclass(frozen=True, slots=True)
class Scale:
    """value = L[(m * raw + b * 10^b_exponent) * 10^exponent]; `form` says how the raw byte carries a sign."""

    m: int
    b: int
    b_exponent: int
    exponent: int
    form: int = UNSIGNED
    linearisation: int = 0

    @property
    def is_linear(self) -> bool:
        """Whether one set of factors holds for every raw byte; else the BMC must be asked for each (section 35.5)."""
        return self.linearisation not in NON_LINEAR

    def value(self, raw: int) -> float | None:
        """The value of a raw byte; None where the formula has none, or the BMC alone knows the factors."""
        formula = _LINEARISATIONS.get(self.linearisation)
        if formula is None:
            return None
        linear = (self.m * _signed(raw, self.form) + self.b * 10.0**self.b_exponent) * 10.0**self.exponent
        try:
            value = formula(linear)
        except (ValueError, ZeroDivisionError, OverflowError):
            return None
        return round(value, 6) if math.isfinite(value) and abs(value) < LARGEST else None


def scale_of(factors: bytes, form: int, linearisation: int) -> Scale:
    """The scale of six bytes of factors: bytes 25 to 30 of a sensor record, or those of Get Sensor Reading Factors."""
    m = _complement(factors[0] | (factors[1] & 0xC0) << 2, 10)
    b = _complement(factors[2] | (factors[3] & 0xC0) << 2, 10)
    exponents = factors[5]
    return Scale(m, b, _complement(exponents & 0x0F, 4), _complement(exponents >> 4, 4), form, linearisation & 0x7F)


def _complement(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) & 1 else value


def _signed(raw: int, form: int) -> int:
    if form == TWOS_COMPLEMENT:
        return _complement(raw, 8)
    if form == ONES_COMPLEMENT and raw & 0x80:
        return -(~raw & 0xFF)
    return raw
