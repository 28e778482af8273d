"""Device families, one file each, found by scanning this folder. Adding a vendor is adding one file.

A file declares one member, `FAMILY`, named as the file is, and nothing else is needed anywhere:

- an SNMP family is a `families_snmp.SnmpFamily`: which agents it is for (`identified_by`, beginnings of sysObjectID;
  `()` for a `standard` MIB that any agent may have, then `roles` narrows it; `probe`, an object that only they have,
  for agents whose sysObjectID tells nothing), and tables. A `Status` row is one MIB object of codes: which part it
  speaks of and what each code means, with the object's name as its source. A `Measure` row is one MIB object that
  measures. `read` takes what does not fit into rows: a pure function from the values to `Facts`.
- an IPMI family is a `families_ipmi.IpmiFamily`: sensor tables of one maker of BMCs (`identified_by`, beginnings of
  the maker's name in the FRU; `()` for everybody).
- a Redfish family is a `families_redfish.RedfishFamily`: what a maker's own properties mean and where its numbers
  stand (`identified_by`, beginnings of the maker's name in lower case; `()` for the standard, which all are read by).
- a host tool is a `families_ssh.HostTool`: fixed read-only commands that are run over SSH, and a pure function from
  what they print to `Facts`.

Rules of the tables: every row names its MIB object or specification table. A code that the table does not know is
unknown, never ok. Absent is not failed. Mind that "ok" is a different number with every vendor, sometimes within one
MIB file. Nothing here reads the network: the same tables run on recordings.

A file that declares no FAMILY, or one under another name than the file's, stops the start with its name. Files whose
names begin with an underscore are not scanned: they are what several families share.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable

from app.core.errors import Invalid
from app.hardware.families.ipmi import IpmiFamily
from app.hardware.families.redfish import RedfishFamily
from app.hardware.families.snmp import SnmpFamily
from app.hardware.families.ssh import HostTool

Family = SnmpFamily | IpmiFamily | RedfishFamily | HostTool


def load_family(module_name: str) -> Family:
    """The family that a file declares. Raises Invalid with the file's name when it declares none."""
    family = getattr(importlib.import_module(module_name), "FAMILY", None)
    if not isinstance(family, Family) or family.name != module_name.rpartition(".")[2]:
        raise Invalid("invalid", f"device family {module_name}: the file must declare FAMILY with that name")
    return family


def _scan() -> tuple[Family, ...]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    return tuple(load_family(f"{__name__}.{name}") for name in names)


FAMILIES = _scan()


def snmp_families(object_id: str, role: str) -> tuple[SnmpFamily, ...]:
    """The families that speak for an agent with this sysObjectID in a device of this role."""
    return tuple(family for family in FAMILIES if isinstance(family, SnmpFamily) and family.fits(object_id, role))


def probing_families(role: str) -> tuple[SnmpFamily, ...]:
    """The families that know an agent of theirs by an object of its own, whatever its sysObjectID says."""
    families = (family for family in FAMILIES if isinstance(family, SnmpFamily) and family.probe)
    return tuple(family for family in families if not family.roles or role in family.roles)


def ipmi_family(manufacturer: str | None) -> IpmiFamily:
    """The family of one maker's BMCs, else the standard one."""
    known = [family for family in FAMILIES if isinstance(family, IpmiFamily)]
    own = [family for family in known if family.identified_by and (manufacturer or "").startswith(family.identified_by)]
    return (own or [family for family in known if not family.identified_by])[0]


def redfish_families(makers: Iterable[str]) -> tuple[RedfishFamily, ...]:
    """The families that speak for a Redfish service: its maker's first, then the standard."""
    named = tuple(makers)
    fitting = [family for family in FAMILIES if isinstance(family, RedfishFamily) and family.fits(named)]
    return tuple(sorted(fitting, key=lambda family: not family.identified_by))


def host_tools() -> tuple[HostTool, ...]:
    """All that is run on a host over SSH."""
    return tuple(family for family in FAMILIES if isinstance(family, HostTool))
