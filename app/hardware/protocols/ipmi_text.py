"""Texts as sensor records and inventories keep them: one byte of type and length, then the text. Pure.

Source: IPMI 2.0 section 43.15 and FRU storage definition 1.3 chapter 13.
"""

from __future__ import annotations

BINARY, BCD_PLUS, SIX_BIT, EIGHT_BIT = range(4)
BCD_DIGITS = "0123456789 -.???"


def typed_text(data: bytes, at: int) -> str:
    """The text at `at`, without padding; what stands beyond the end of `data` is missing, never an error."""
    if at >= len(data):
        return ""
    kind, length = data[at] >> 6, data[at] & 0x3F
    body = data[at + 1 : at + 1 + length]
    if kind == BCD_PLUS:
        text = "".join(BCD_DIGITS[byte >> 4] + BCD_DIGITS[byte & 0x0F] for byte in body)
    elif kind == SIX_BIT:
        text = _six_bit(body)
    else:
        text = body.decode("latin-1")
    return "".join(letter for letter in text if letter.isprintable()).strip()


def _six_bit(body: bytes) -> str:
    packed = int.from_bytes(body, "little")
    return "".join(chr(0x20 + (packed >> 6 * place & 0x3F)) for place in range(len(body) * 8 // 6))
