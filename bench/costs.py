"""What work costs: wall time, and processor time of ourselves or of programs that have ended."""

from __future__ import annotations

import resource
import time


def children_cpu_s() -> float:
    """Processor time of all programs that we started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def own_cpu_s() -> float:
    """Processor time of this process, all its threads."""
    return time.process_time()
