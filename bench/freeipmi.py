"""FreeIPMI as a peer: its tools for sensors, events, inventories and power, one after the other, as users run them.

One process reads many BMCs at once, by its own host list and fan-out. What it may remember (the list of sensors) it
keeps in a folder of the run's own.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from app.hardware.readings import IpmiTarget
from bench.costs import children_cpu_s

TOOLS = ("ipmi-sensors", "ipmi-sel", "ipmi-fru", "ipmi-chassis")
SYSTEM_FOLDERS = "/usr/sbin:/usr/bin:/sbin:/bin"
PATIENCE_S = 300
FAN_OUT = 50


class FreeIpmi:
    """The tools, with an account and a cache of their own under `folder`."""

    def __init__(self, folder: Path, account: IpmiTarget) -> None:
        self._folder = folder
        folder.mkdir()
        self._cache = folder / "cache"
        self.forget()
        self._settings = folder / "freeipmi.conf"
        self._settings.touch(mode=0o600)
        self._settings.write_text(f"username {account.username}\npassword {account.password}\n", encoding="utf-8")

    def forget(self) -> None:
        """Lose what was remembered."""
        shutil.rmtree(self._cache, ignore_errors=True)
        self._cache.mkdir()

    def read(self, targets: Sequence[IpmiTarget]) -> tuple[int, float]:
        """Read all of these; how many answered with every sensor, and the processor time it took."""
        hosts = ",".join(f"{target.address}:{target.port}" for target in targets)
        before = children_cpu_s()
        said = {tool: self._run(tool, hosts) for tool in TOOLS}
        cpu_s = children_cpu_s() - before
        complete = said["ipmi-chassis"].count("System Power")
        return complete, cpu_s

    def _run(self, tool: str, hosts: str) -> str:
        remembers = ["--sdr-cache-directory", str(self._cache), "--quiet-cache"]
        options = ["--get-chassis-status"] if tool == "ipmi-chassis" else remembers
        command = [
            tool, "--config-file", str(self._settings), "-D", "LAN_2_0", "-W", "opensesspriv", "-I", "3",
            "-l", "OPERATOR", "-F", str(FAN_OUT), "-h", hosts, *options,
        ]  # fmt: skip
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
            env={"HOME": str(self._folder), "PATH": SYSTEM_FOLDERS, "TZ": "UTC"},
        )
        if done.returncode not in (0, 1):
            raise RuntimeError(f"{tool} ended with {done.returncode}: {done.stderr[:200]}")
        return done.stdout


def missing() -> list[str]:
    """What this machine lacks for these figures."""
    tools = [f"{tool} (Debian package freeipmi-tools)" for tool in TOOLS if not shutil.which(tool, path=SYSTEM_FOLDERS)]
    return [*tools, *(["ipmi_sim (Debian package openipmi)"] if not shutil.which("ipmi_sim") else [])]
