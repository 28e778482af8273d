"""Kinds of job, one file each: title, minutes, questions, procedure. Found by scanning this folder at start.

A file declares `KIND: Kind`. A missing or wrong one stops the start with its name. To add a kind, add a file.
Minutes are hands-on + verification + back-out: the length of the appointment, and what start checks against closing.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from types import MappingProxyType

from app.core.errors import Invalid
from app.jobs.kind import Kind


def _scan() -> Mapping[str, Kind]:
    found: dict[str, Kind] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        kind = getattr(importlib.import_module(f"{__name__}.{module.name}"), "KIND", None)
        if not isinstance(kind, Kind) or kind.name != module.name:
            raise Invalid("invalid", f"kind of job {module.name}: the file must declare KIND with that name")
        found[kind.name] = kind
    return MappingProxyType(found)


KINDS = _scan()


def kind_named(name: str) -> Kind:
    """The kind of that name; raises Invalid naming the ones there are."""
    if name not in KINDS:
        raise Invalid("unknown_job_kind", f"There is no kind of job {name!r}. There are: {', '.join(KINDS)}.")
    return KINDS[name]
