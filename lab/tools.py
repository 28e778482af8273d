"""Which of the lab's programs this machine lacks."""

from __future__ import annotations

import os
import shutil

# Debian keeps servers in /usr/sbin, which an ordinary user's PATH leaves out.
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin", "/sbin"])

PACKAGES = {
    "ipmi_sim": "openipmi",
    "snmpd": "snmpd",
    "sshd": "openssh-server",
    "rt-setup-database-5": "request-tracker5",
    "dovecot": "dovecot-imapd",
}


def find(program: str) -> str | None:
    """Return the full path of `program`, or None when it is not installed."""
    return shutil.which(program, path=SEARCH_PATH)


def missing(*programs: str) -> list[str]:
    """Name what the lab needs and the machine lacks, e.g. "ipmi_sim (Debian package openipmi)".

    Empty when all is there. Without arguments all programs are looked for.
    """
    return [f"{name} (Debian package {PACKAGES[name]})" for name in programs or PACKAGES if find(name) is None]
