"""The peer of our pages: a real Request Tracker 5 on loopback, over SQLite, with one ticket that was talked about."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from lab.processes import LOOPBACK, Child, NotReady, free_tcp_ports, wait_until
from lab.tools import find

SERVER: Final = Path("/usr/share/request-tracker5/libexec/rt-server")
SETUP: Final = "rt-setup-database-5"
WORKERS: Final = 2
REPLIES: Final = 7
START_S: Final = 90.0


@dataclass(frozen=True, slots=True)
class RequestTracker:
    """A running one, with a person signed in and the address of the ticket's page."""

    browser: httpx.Client
    ticket_page: str
    pid: int


def lacking() -> Sequence[str]:
    """What this machine lacks to run it."""
    there = SERVER.exists() and find(SETUP) is not None
    return [] if there else ["Request Tracker 5 (Debian packages request-tracker5, rt5-db-sqlite, rt5-standalone)"]


@contextlib.contextmanager
def request_tracker() -> Iterator[RequestTracker]:
    """Make one in a folder of its own (about ten seconds), run it, and leave nothing behind."""
    with tempfile.TemporaryDirectory(prefix="rackside-rt-") as name:
        folder, port = Path(name), free_tcp_ports(1)[0]
        environment = _configured(folder, port)
        _set_up(environment)
        where = ["--server", "Starlet", "--host", LOOPBACK, "--port", str(port), "--max-workers", str(WORKERS)]
        child = Child("perl", ["-I", "/usr/share/request-tracker5/lib", str(SERVER), *where], folder, environment)
        child.start()
        try:
            with httpx.Client(base_url=f"http://{LOOPBACK}:{port}", timeout=30, trust_env=False) as browser:
                wait_until(lambda: _answers(browser), "Request Tracker", START_S)
                yield RequestTracker(browser, _talked_about(browser), child.pid)
        finally:
            child.stop()


def _configured(folder: Path, port: int) -> dict[str, str]:
    (folder / "site.d").mkdir()
    lines = [
        "Set($rtname, 'rt.test');", "Set($Organization, 'rt.test');", "Set($Timezone, 'UTC');",
        f"Set($WebDomain, '{LOOPBACK}');", f"Set($WebPort, {port});", f"Set($WebBaseURL, 'http://{LOOPBACK}:{port}');",
        "Set($DatabaseType, 'SQLite');", f"Set($DatabaseName, '{folder}/rt5.sqlite');", "Set($DatabaseUser, '');",
        "Set($WebSessionClass, 'Apache::Session::File');", "Set($LogToSyslog, undef);",
        "Set($LogToSTDERR, 'warning');", "Set($LogToFile, undef);", "Set($MailCommand, 'testfile');", "1;", "",
    ]  # fmt: skip
    config = folder / "RT_SiteConfig.pm"
    config.write_text("\n".join(lines), encoding="utf-8")
    return {"RT_SITE_CONFIG": str(config), "RT_SITE_CONFIG_DIR": str(folder / "site.d"), "TMPDIR": str(folder)}


def _set_up(environment: dict[str, str]) -> None:
    program = find(SETUP)
    if program is None:
        raise NotReady(f"this machine lacks {lacking()[0]}")
    done = subprocess.run(
        [program, "--action", "init", "--dba-password", ""], env={**os.environ, **environment}, capture_output=True,
        text=True, stdin=subprocess.DEVNULL, timeout=180, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise NotReady(f"Request Tracker's database: {done.stdout[-800:]}{done.stderr[-800:]}")


def _answers(browser: httpx.Client) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        return browser.get("/REST/2.0/rt", auth=("root", "password")).status_code == httpx.codes.OK
    return False


def _talked_about(browser: httpx.Client) -> str:
    """Sign in, open a ticket and answer it as often as an order is told of; the address of its page."""
    form = {
        "Queue": "General",
        "Subject": "Disk failed",
        "Content": "Disk in bay 3 has failed.",
        "ContentType": "text/plain",
    }
    made = browser.post("/REST/2.0/ticket", json=form, auth=("root", "password"))
    made.raise_for_status()
    number = made.json()["id"]
    for reply in range(REPLIES):
        said = {"Content": f"We are at it, turn {reply}.", "ContentType": "text/plain"}
        browser.post(f"/REST/2.0/ticket/{number}/comment", json=said, auth=("root", "password")).raise_for_status()
    signed_in = browser.post("/NoAuth/Login.html", data={"user": "root", "pass": "password"}, follow_redirects=True)
    page = f"/Ticket/Display.html?id={number}"
    if signed_in.status_code != httpx.codes.OK or f"#{number}: Disk failed" not in browser.get(page).text:
        raise NotReady("Request Tracker does not show the ticket to who signed in")
    return page
