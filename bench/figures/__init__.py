"""One file per group of figures, found by its name: each has a `GROUP`."""

from __future__ import annotations

import importlib
import pkgutil

from bench.harness import Group


def found() -> dict[str, Group]:
    """Every group there is, by name. Raises TypeError, naming the file, where one has no `GROUP`."""
    groups: dict[str, Group] = {}
    for module in sorted(one.name for one in pkgutil.iter_modules(__path__) if not one.name.startswith("_")):
        group = getattr(importlib.import_module(f"{__name__}.{module}"), "GROUP", None)
        if not isinstance(group, Group):
            raise TypeError(f"bench/figures/{module}.py has no GROUP")
        groups[group.name] = group
    return groups
