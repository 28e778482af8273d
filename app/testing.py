"""`rackside test`: installs the programs that tests talk to, then runs pytest with the arguments given."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes.util import find_library
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE_OF = {  # program -> the Debian packages that bring it
    "ipmi_sim": "openipmi",
    "ipmitool": "ipmitool",
    "ipmi-sensors": "freeipmi-tools",
    "snmpd": "snmpd",
    "snmpget": "snmp",
    "sshd": "openssh-server",
    "rt-setup-database-5": "request-tracker5 rt5-db-sqlite rt5-db-postgresql rt5-standalone",
    "dovecot": "dovecot-imapd",
    "chromium": "chromium",
}
QUICKER = "chromium-headless-shell"  # where Debian has it: the same pages for a third less of processor time
PACKAGE_OF_LIBRARY = {"pangoft2-1.0": "libpango-1.0-0 libpangoft2-1.0-0"}
ANSWERS = """\
request-tracker5 request-tracker5/dbconfig-install boolean false
request-tracker5 request-tracker5/install-cronjobs boolean false
request-tracker5 request-tracker5/handle-siteconfig-permissions boolean false
request-tracker5 request-tracker5/rtname string rt.test
request-tracker5 request-tracker5/organization string rt.test
request-tracker5 request-tracker5/webbaseurl string http://127.0.0.1
"""
SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
PROCESSES = min(4, 2 * (os.cpu_count() or 1))  # more than cores: many tests wait for somebody else
LONGEST_FIRST = "--no-loadscope-reorder"  # in the folders' order: browsers and killed processes before what is quick
EVERYTHING = [f"--numprocesses={PROCESSES}", "--dist=loadfile", LONGEST_FIRST, "tests"]
ONCE_MORE = ["--last-failed", "--last-failed-no-failures=none"]
NO_SERVICES = Path("/usr/sbin/policy-rc.d")  # Debian asks it whether an installed service may start


def main(argv: list[str]) -> int:
    """Run the tests from the root of the checkout; the exit status is pytest's.

    Without arguments every test runs, in two processes a core, at most four.
    What cannot be installed (not root, not Debian) is said, and the tests that need it are skipped by name.
    """
    os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", os.defpath), *SYSTEM_FOLDERS])
    lacking = [packages for program, packages in PACKAGE_OF.items() if not shutil.which(program)]
    lacking += [packages for library, packages in PACKAGE_OF_LIBRARY.items() if not find_library(library)]
    missing = " ".join(lacking).split()
    if missing and not _install(missing):
        print(f"rackside test: tests that need {', '.join(missing)} will be skipped", file=sys.stderr)
    if not shutil.which(QUICKER):
        _install([QUICKER])
    os.chdir(ROOT)
    if argv:
        return int(pytest.main(argv))
    return _run()


def _run() -> int:
    """Run every test; what failed once more, by itself. Only what fails both times fails; both runs are shown."""
    command = [sys.executable, "-m", "pytest"]
    status = subprocess.run([*command, *EVERYTHING], check=False).returncode  # noqa: S603 -- our own words
    if status == pytest.ExitCode.TESTS_FAILED:
        print("rackside test: what failed runs once more, by itself", file=sys.stderr)
        status = subprocess.run([*command, *ONCE_MORE, "tests"], check=False).returncode  # noqa: S603 -- our own words
    return status


def _install(packages: list[str]) -> bool:
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return False
    print(f"rackside test: installing {', '.join(packages)}", file=sys.stderr)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    install = [apt, "install", "-qq", "--yes", "--no-install-recommends", *packages]
    with _services_stay_stopped():
        _answer_beforehand()
        for command in ([apt, "update", "-qq"], install):
            done = subprocess.run(  # noqa: S603 -- apt-get, by its full path
                command, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False
            )
            if done.returncode != 0:
                return False
    return True


def _answer_beforehand() -> None:
    """What installations would ask: Request Tracker makes no database, no jobs and no configuration of the machine."""
    program = shutil.which("debconf-set-selections")
    if program is not None:
        subprocess.run([program], input=ANSWERS, text=True, stdout=sys.stderr, check=False)  # noqa: S603 -- by its full path


@contextmanager
def _services_stay_stopped() -> Iterator[None]:
    """The tests start their own servers on ports of their own; the machine's stay as they are."""
    if NO_SERVICES.exists():
        yield
        return
    NO_SERVICES.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
    NO_SERVICES.chmod(0o755)
    try:
        yield
    finally:
        NO_SERVICES.unlink()
