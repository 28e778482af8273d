"""Where traps are received is said in one way, and a wrong value names itself."""

from __future__ import annotations

import pytest

from app.core.errors import Invalid
from app.core.settings import from_environment


@pytest.mark.parametrize(
    ("text", "address"), [("0.0.0.0:162", ("0.0.0.0", 162)), ("[::]:10162", ("::", 10162)), ("", None)]
)
def test_address_and_port_are_understood(text: str, address: tuple[str, int] | None) -> None:
    assert from_environment({"RACKSIDE_TRAPS": text}).traps == address


@pytest.mark.parametrize("text", ["162", "0.0.0.0", "0.0.0.0:0", "0.0.0.0:65536", "localhost:162", ":162", "on"])
def test_anything_else_stops_the_start_and_names_the_setting(text: str) -> None:
    with pytest.raises(Invalid, match="RACKSIDE_TRAPS"):
        from_environment({"RACKSIDE_TRAPS": text})
