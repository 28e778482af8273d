"""Ticket systems, one file each. Found by scanning this folder at start; to add a system, add a file.

A file declares `SYSTEM`: a frozen dataclass of app.tickets.system.TicketSystem whose fields are its settings and whose
`name` is the file's; a file that begins with an underscore is part of another. A missing or wrong one stops the start
with its name.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import is_dataclass
from types import MappingProxyType
from typing import cast

from app.core.errors import Invalid
from app.tickets.system import TicketSystem


def _scan() -> Mapping[str, type[TicketSystem]]:
    found: dict[str, type[TicketSystem]] = {}
    files = (module for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    for module in sorted(files, key=lambda m: m.name):
        system = getattr(importlib.import_module(f"{__name__}.{module.name}"), "SYSTEM", None)
        if not isinstance(system, type) or not is_dataclass(system) or getattr(system, "name", None) != module.name:
            raise Invalid("invalid", f"ticket system {module.name}: the file must declare SYSTEM with that name")
        for member in ("capabilities", "send"):
            if not hasattr(system, member):
                raise Invalid("invalid", f"ticket system {module.name}: SYSTEM has no {member}")
        found[module.name] = cast("type[TicketSystem]", system)
    return MappingProxyType(found)


SYSTEMS = _scan()
