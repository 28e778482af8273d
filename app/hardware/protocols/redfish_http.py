"""One HTTPS session with a Redfish service: opened, kept and closed, inside one deadline and bounded in size.

Nothing is followed but paths below /redfish/v1 of the one host: no redirects, no proxies, no other addresses. The
certificate is checked, or pinned by its fingerprint before the password is sent.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

import httpx

from app.core.errors import AuthRefused, HardwareError, Malformed, Refused, TimedOut, Unreachable
from app.hardware.protocols.deadline import Deadline
from app.hardware.protocols.redfish_answers import (
    ADVICE_CERTIFICATE,
    ADVICE_FIRMWARE,
    ADVICE_PATH,
    ADVICE_SLOW,
    MOST_BYTES_EACH,
    ROOT,
    below_root,
    check,
    check_log_in,
    message_id,
    own_path,
    parsed,
    unpacked,
)
from app.hardware.readings import RedfishTarget

SESSIONS: Final = f"{ROOT}/SessionService/Sessions"
MOST_REQUESTS: Final = 500
MOST_BYTES: Final = 8 << 20
CLOSING_S: Final = 0.6  # of the deadline, at most a fifth of it: for ending the session
LONGEST_ANSWER_S: Final = 5.0
ATTEMPTS: Final = 3
PAUSE_S: Final = 0.1


class Door:
    """The way to one Redfish service; `with Door(target, deadline_s) as door` logs in and out.

    Threads may share it. Raises HardwareError: Unreachable, TimedOut, AuthRefused, Refused, Malformed, Unsupported.
    """

    def __init__(self, target: RedfishTarget, deadline_s: float) -> None:
        self.requests = 0
        self.root: dict[str, Any] = {}
        self._target = target
        self._whole = Deadline(deadline_s)
        self.deadline = Deadline(deadline_s - min(CLOSING_S, deadline_s / 5))
        self._patience_s = min(LONGEST_ANSWER_S, deadline_s / 3)
        self._bytes = 0
        self._session: str | None = None
        self._headers: dict[str, str] = {}
        self._shut_out: AuthRefused | None = None
        self._wires: list[socket.socket] = []
        self._logging_in = threading.Lock()
        self._counting = threading.Lock()
        self._closing = False
        self._client = httpx.Client(
            base_url=target.address,
            verify=_trust(target),
            trust_env=False,
            follow_redirects=False,
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "OData-Version": "4.0",
                "User-Agent": "rackside",
            },
            limits=httpx.Limits(max_connections=8, keepalive_expiry=30),
        )

    def __enter__(self) -> Door:
        self._watch = self._cut_at(self.deadline)
        try:
            self.root = self.get(f"{ROOT}/")
            self._log_in()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self._watch.cancel()
        self._closing = True
        watch = self._cut_at(self._whole)
        try:
            if self._session is not None:
                with contextlib.suppress(HardwareError):
                    self._once("DELETE", self._session, None, self._headers)
        finally:
            watch.cancel()
            self._client.close()
            for wire in self._wires:
                wire.close()

    @property
    def is_spent(self) -> bool:
        """Whether nothing more will be asked: the time is over, or the requests and bytes of one read are."""
        return self.deadline.passed or self.requests >= MOST_REQUESTS or self._bytes > MOST_BYTES

    def get(self, path: str) -> dict[str, Any]:
        """One resource. Repeats what may be a passing failure; Missing where the link leads nowhere."""
        return self.fetch(path)[0]

    def fetch(self, path: str) -> tuple[dict[str, Any], str | None]:
        """One resource and its ETag."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                answer, body = self._once("GET", path, None, self._headers)
                if answer.status_code == httpx.codes.UNAUTHORIZED and self._session is not None and attempt < ATTEMPTS:
                    self._log_in_again(answer.request.headers.get("X-Auth-Token"))
                    continue
                check(answer, body, path)
                return parsed(body, path), answer.headers.get("ETag")
            except (Unreachable, Malformed, Refused):
                if attempt == ATTEMPTS or self.is_spent or self.deadline.remaining_s < PAUSE_S * attempt:
                    raise
                time.sleep(PAUSE_S * attempt)
        raise AssertionError("the last attempt returns or raises")

    def change(self, path: str, body: Mapping[str, Any], etag: str | None) -> None:
        """Change properties of a resource. Raises NotAccepted where the service declines (412: the ETag is old)."""
        answer, said = self._once("PATCH", path, body, {**self._headers, **({"If-Match": etag} if etag else {})})
        check(answer, said, path)

    def act(self, path: str, body: Mapping[str, Any]) -> None:
        """Send an action exactly once, whatever becomes of it. Raises NotAccepted where the service declines."""
        answer, said = self._once("POST", path, body, self._headers)
        check(answer, said, path)

    def _log_in(self) -> None:
        path = self._sessions_path()
        account = {"UserName": self._target.username, "Password": self._target.password}
        answer, body = self._once("POST", path, account, {})
        if answer.status_code in {404, 405, 501} or (
            answer.status_code == httpx.codes.UNAUTHORIZED and message_id(body) == "NoValidSession"
        ):
            self._go_without_session()
            return
        check_log_in(answer, body)
        token, where = answer.headers.get("X-Auth-Token"), answer.headers.get("Location")
        if not token or not token.isprintable():
            raise Malformed("the service opened a session without a token for it", ADVICE_FIRMWARE)
        self._headers = {"X-Auth-Token": token}
        self._session = below_root(urlsplit(where).path) if where else own_path(body)

    def _go_without_session(self) -> None:
        """For services before sessions: the account goes with every request, and with one of them first."""
        basic = httpx.BasicAuth(self._target.username, self._target.password)
        request = next(basic.auth_flow(httpx.Request("GET", self._target.address)))
        headers = {"Authorization": request.headers["Authorization"]}
        answer, body = self._once("GET", f"{ROOT}/Systems", None, headers)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            check_log_in(answer, body)
        self._headers = headers

    def _log_in_again(self, token: str | None) -> None:
        """Once for all threads whose token ended. Raises HardwareError when the service does not let us in again."""
        with self._logging_in:
            if self._shut_out is not None:  # asking again may lock the account
                raise self._shut_out
            if self._headers.get("X-Auth-Token") == token:
                try:
                    self._log_in()
                except AuthRefused as refusal:
                    self._shut_out = refusal
                    raise

    def _sessions_path(self) -> str:
        links = self.root.get("Links")
        sessions = links.get("Sessions") if isinstance(links, dict) else None
        return (below_root(sessions.get("@odata.id")) if isinstance(sessions, dict) else None) or SESSIONS

    def _once(
        self, method: str, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]
    ) -> tuple[httpx.Response, bytes]:
        deadline = self._whole if self._closing else self.deadline
        left_s = min(deadline.remaining_s, self._patience_s)
        if deadline.passed:
            raise TimedOut("not asked before the deadline", ADVICE_SLOW)
        self._count()
        request = self._client.build_request(
            method, path, json=body, headers=dict(headers), timeout=left_s, extensions={"trace": self._on_wire}
        )
        end = Deadline(left_s)
        try:
            answer = self._client.send(request, stream=True)
            try:
                return answer, self._content(answer, end)
            finally:
                answer.close()
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError, UnicodeError, ValueError) as error:
            self._translate(error, deadline, left_s)

    def _count(self) -> None:
        with self._counting:
            if self.requests >= MOST_REQUESTS and not self._closing:
                raise Refused(f"not asked: {MOST_REQUESTS} requests are enough for one read", ADVICE_FIRMWARE)
            self.requests += 1

    def _content(self, answer: httpx.Response, end: Deadline) -> bytes:
        parts, size = [], 0
        for part in answer.iter_raw():
            size += len(part)
            self._bytes += len(part)
            if size > MOST_BYTES_EACH or self._bytes > MOST_BYTES:
                raise Malformed("the answer is larger than any real one", ADVICE_FIRMWARE)
            if end.passed:
                raise TimedOut("the answer comes too slowly", ADVICE_SLOW)
            parts.append(part)
        return unpacked(b"".join(parts), answer.headers.get("Content-Encoding", "identity"))

    def _translate(self, error: Exception, deadline: Deadline, waited_s: float) -> NoReturn:
        """The typed error; a connection cut by our own watch is a deadline that passed."""
        if deadline.passed or isinstance(error, httpx.TimeoutException):
            if isinstance(error, httpx.ConnectTimeout):
                raise Unreachable("nothing answers at the address", ADVICE_PATH) from error
            raise TimedOut(f"no answer within {waited_s:.1f} s", ADVICE_SLOW) from error
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise Unreachable("its certificate is not one that we trust", ADVICE_CERTIFICATE) from error
        if isinstance(error, httpx.ConnectError):
            raise Unreachable("no connection to the service", ADVICE_PATH) from error
        if isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError | OSError):
            raise Unreachable("the connection was cut in the middle of an answer", ADVICE_SLOW) from error
        raise Malformed("the answer breaks HTTP", ADVICE_FIRMWARE) from error

    def _on_wire(self, event: str, told: Mapping[str, Any]) -> None:
        """Keep hold of every connection for the watch; look at the certificate before anything is sent."""
        if event == "connection.connect_tcp.complete":
            wire = told["return_value"].get_extra_info("socket")
            self._wires.append(socket.socket(fileno=os.dup(wire.fileno())))
        elif event == "connection.start_tls.complete" and self._target.fingerprint:
            certificate = told["return_value"].get_extra_info("socket").getpeercert(binary_form=True)
            seen = hashlib.sha256(certificate or b"").hexdigest()
            if not hmac.compare_digest(seen, _hex(self._target.fingerprint)):
                told["return_value"].close()
                raise Unreachable("its certificate is another one than was recorded", ADVICE_CERTIFICATE)

    def _cut_at(self, deadline: Deadline) -> threading.Timer:
        """Cut every connection at the deadline: a server that drips byte by byte ends there too."""

        def cut() -> None:
            for wire in list(self._wires):
                with contextlib.suppress(OSError):
                    wire.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(deadline.remaining_s, cut)
        timer.daemon = True
        timer.start()
        return timer


def _trust(target: RedfishTarget) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if target.fingerprint or not target.verify_tls:  # pinned, or told not to look
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _hex(fingerprint: str) -> str:
    return re.sub(r"[^0-9a-f]", "", fingerprint.lower())
