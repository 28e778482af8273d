"""Real counterparts for the demo and the tests: BMCs and SNMP agents on loopback, with faults to order.

Nothing here is a mock: BMCs are OpenIPMI's ipmi_sim, well-behaved SNMP agents are net-snmp's snmpd.
Everything is a child of the caller, lives under a folder the caller names, and ends with the caller.
"""

from lab.tools import missing

__all__ = ["missing"]
