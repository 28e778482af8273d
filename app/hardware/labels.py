"""Labels for racks and assets: the code that a scan must give, as a QR code and as text that people read."""

from __future__ import annotations

from dataclasses import dataclass

import segno

from app.hardware.models import Asset
from app.sites.models import Rack


@dataclass(frozen=True, slots=True)
class Label:
    """One label: what it is for, its code, and lines of plain text."""

    kind: str
    code: str
    lines: tuple[str, ...]

    @property
    def svg(self) -> str:
        """The QR code as SVG with its quiet zone, to stand in a page."""
        return drawn(self.code).svg_inline(scale=4, border=4, dark="#000", light="#fff", omitsize=True)


def drawn(code: str) -> segno.QRCode:
    """The code as a QR code of which a quarter may be scratched off."""
    return segno.make_qr(code, error="q")


def rack_label(rack: Rack) -> Label:
    """The rack's own label: its name is what the server check wants."""
    return Label("Rack", rack.name, (rack.site.code, f"Room {rack.room}"))


def asset_label(asset: Asset) -> Label:
    """An asset's tag, with where it belongs and its serial, for whoever has no scanner at hand."""
    place = f"{asset.rack.name} U{asset.u}" if asset.rack and asset.u else "no place"
    lines = [f"{asset.site.code} · {place}", *([f"S/N {asset.serial}"] if asset.serial else [])]
    return Label(asset.role.capitalize() if len(asset.role) > 3 else asset.role.upper(), asset.tag, tuple(lines))
