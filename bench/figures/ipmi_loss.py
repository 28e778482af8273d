"""Fifty BMCs over a line that loses two answers in a hundred: slower is allowed, less is not."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from app.hardware.readings import IpmiTarget
from bench.costs import children_cpu_s
from bench.figures.ipmi_fleet import OURS, read_all
from bench.freeipmi import SYSTEM_FOLDERS, missing
from bench.harness import Bar, Figure, Group, Measures, Trial
from bench.ipmi_machines import EVENTS, FLEET, SENSORS, hall

PEER = "ipmitool"
LOSS = 0.02
PATIENCE_S = 300
COMMANDS = "sensor\nsel list\nfru print\nchassis power status\n"


def read_peer(targets: Sequence[IpmiTarget], folder: Path) -> Measures:
    """Read all at once by ipmitool: one process and one session for each BMC, as `exec` gives it."""
    order, password = folder / "commands", folder / "password"
    order.write_text(COMMANDS, encoding="ascii")
    password.touch(mode=0o600)
    password.write_text(targets[0].password, encoding="utf-8")

    def is_complete(target: IpmiTarget) -> bool:
        account = ["-H", target.address, "-p", str(target.port), "-U", target.username, "-f", str(password)]
        done = subprocess.run(
            [PEER, "-I", "lanplus", "-C", "3", "-L", "OPERATOR", *account, "exec", str(order)],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
            env={"HOME": str(folder), "PATH": SYSTEM_FOLDERS, "TZ": "UTC"},
        )
        return done.returncode == 0 and done.stdout.count("|") > len(SENSORS) * 9 + EVENTS

    cpu_s, begun = children_cpu_s(), time.monotonic()
    with ThreadPoolExecutor(len(targets)) as pool:
        complete = sum(pool.map(is_complete, targets))
    wall_s = time.monotonic() - begun
    return {"complete": complete, "wall_s": wall_s, "cpu_ms": 1000 * (children_cpu_s() - cpu_s) / len(targets)}


@contextlib.contextmanager
def lossy() -> Iterator[Mapping[str, Trial]]:
    """Fifty BMCs behind a bad line, and both sides that read them."""
    with hall(FLEET) as bmcs, bmcs.at_a_distance(loss=LOSS) as (_, targets):
        yield {OURS: lambda: read_all(targets), PEER: lambda: read_peer(targets, bmcs.folder)}


def lacking() -> list[str]:
    """What this machine lacks for these figures."""
    return [*missing(), *([] if shutil.which("ipmitool", path=SYSTEM_FOLDERS) else ["ipmitool (Debian package)"])]


GROUP = Group(
    name="ipmi-loss",
    about=f"{FLEET} BMCs at once, 20 ms away, over a line that loses {LOSS:.0%} of their answers.",
    sides={OURS: "one process, a thread for each BMC", PEER: f"{FLEET} processes, one session each, `exec`"},
    needs=lacking,
    prepare=lossy,
    figures=(
        Figure(
            "ipmi-loss-complete",
            "complete reads",
            f"of {FLEET}",
            Bar(FLEET, at_least=True, of_ratio=False),
            "complete",
            OURS,
            PEER,
        ),
        Figure("ipmi-loss-wall", "time for all", "s", Bar(1.0), "wall_s", OURS, PEER),
    ),
)
