"""A Redfish service over HTTPS, out of a tree of plain dictionaries, with faults to order. For demo and tests.

    with Service(TREE) as service:
        service.orders.hanging = ("/redfish/v1/Chassis/1/Thermal",)
        ... service.url, service.fingerprint

It lives in threads of this process, on loopback, and is gone when the block ends: also what it lets hang.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import socket
import ssl
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

from lab.certificates import self_signed

ROOT = "/redfish/v1"
SESSIONS = f"{ROOT}/SessionService/Sessions"
LOOPBACK = "127.0.0.1"
LIGHTS = {"IndicatorLED": ("Lit", "Off", "Blinking"), "LocationIndicatorActive": (True, False)}

Tree = Mapping[str, Mapping[str, Any]]


@dataclass
class Orders:
    """What goes wrong, changeable at any time. Paths are beginnings; `refused_after` counts requests."""

    delay_s: float = 0.0
    failing: tuple[str, ...] = ()  # HTTP 500
    busy_times: int = 0  # HTTP 503, so many times
    cut: tuple[str, ...] = ()  # half of the JSON
    hanging: tuple[str, ...] = ()  # no answer at all
    dripping: tuple[str, ...] = ()  # a byte now and then
    dropping: tuple[str, ...] = ()  # the connection ends
    packed: tuple[str, ...] = ()  # told to be gzip
    elsewhere: tuple[str, ...] = ()  # redirected to another host
    said: dict[str, bytes] = field(default_factory=dict)  # a path's body, as it is
    refused_after: int | None = None  # HTTP 401 from then on, also for logins
    most_sessions: int = 6
    without_sessions: bool = False  # only basic authentication
    without_expand: bool = False  # the query is refused
    fixed_etag: bool = False  # an ETag that never matches
    without_location: bool = False
    obeying: bool = True  # the operating system goes down when it is asked to
    lost_answers: bool = False  # to actions: they are done, and the connection ends


class Service:
    """One service; `with` starts and ends it. `changes` and `counts` tell what it was asked."""

    def __init__(self, tree: Tree, username: str = "diag", password: str = "lab-only", *, tls: bool = True) -> None:  # noqa: S107 - a laboratory's
        self.tree = {path.rstrip("/"): dict(body) for path, body in tree.items()}
        self.username, self.password = username, password
        self.orders = Orders()
        self.sessions: dict[str, str] = {}
        self.opened = 0
        self.requests: list[str] = []
        self.changes: list[tuple[str, dict[str, Any]]] = []
        self.over = threading.Event()
        self.fingerprint = ""
        self._tls = tls
        self._server = _Server((LOOPBACK, 0), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """Its base address."""
        return f"http{'s' if self._tls else ''}://{LOOPBACK}:{self._server.server_address[1]}"

    def __enter__(self) -> Service:
        if self._tls:
            with tempfile.TemporaryDirectory() as folder:
                certificate = self_signed(Path(folder))
                self.fingerprint = hashlib.sha256(certificate.der).hexdigest()
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(certificate.chain, certificate.key)
            self._server.tls = context
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # closing waits for every connection's thread
    tls: ssl.SSLContext | None = None

    def __init__(self, address: tuple[str, int], service: Service) -> None:
        super().__init__(address, _Handler)
        self.service = service
        self.wires: set[socket.socket] = set()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands in the connection's own thread, so that one slow client holds up nobody."""
        self.wires.add(request)
        with contextlib.suppress(OSError):  # the client went away
            if self.tls is None:
                super().finish_request(request, client_address)
                return
            with self.tls.wrap_socket(request.dup(), server_side=True, do_handshake_on_connect=False) as connection:
                connection.do_handshake()
                super().finish_request(connection, client_address)

    def shutdown_request(self, request: Any) -> None:
        """End a connection."""
        self.wires.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """End every connection, then the service."""
        for wire in list(self.wires):
            with contextlib.suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)
        super().server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """Say nothing."""

    def do_GET(self) -> None:
        """A resource, or a collection with its members."""
        path, _mark, query = self.path.partition("?")
        if self._disturbed(path) or not self._knows_client(path):
            return
        found = self.server.service.tree.get(path.rstrip("/"))
        if found is None:
            self._refuse(404, "ResourceMissingAtURI")
        elif "$expand" in query and self.server.service.orders.without_expand:
            self._refuse(400, "QueryNotSupportedOnResource")
        else:
            self._answer(200, self._expanded(found) if "$expand" in query else found, etag=self._etag(found))

    def do_POST(self) -> None:
        """Log in, or act on the machine."""
        service, orders = self.server.service, self.server.service.orders
        account = self._body()
        if self._disturbed(self.path):
            return
        if self.path.endswith("/Actions/ComputerSystem.Reset"):
            self._reset(str(account.get("ResetType")))
        elif orders.without_sessions or self.path != SESSIONS:
            self._refuse(404, "ResourceMissingAtURI")
        elif (account.get("UserName"), account.get("Password")) != (service.username, service.password):
            self._refuse(401, "ResourceAtUriUnauthorized")
        elif len(service.sessions) >= orders.most_sessions:
            self._refuse(503, "SessionLimitExceeded")
        else:
            token, number = uuid4().hex, str(service.opened)
            service.sessions[token], service.opened = number, service.opened + 1
            where = {} if orders.without_location else {"Location": f"{service.url}{SESSIONS}/{number}"}
            body = {"@odata.id": f"{SESSIONS}/{number}", "Id": number}
            self._answer(201, body, headers={"X-Auth-Token": token, **where})

    def _reset(self, kind: str) -> None:
        """Shut the machine down, where its Actions offer that."""
        service, path = self.server.service, self.path.partition("/Actions/")[0]
        system = service.tree.get(path, {})
        reset = system.get("Actions", {}).get("#ComputerSystem.Reset", {})
        if not self._knows_client(self.path):
            return
        if kind not in reset.get("ResetType@Redfish.AllowableValues", ("On", "ForceOff", "GracefulShutdown")):
            self._refuse(400, "ActionParameterNotSupported")
            return
        service.changes.append((self.path, {"ResetType": kind}))
        if service.orders.obeying:
            service.tree[path] = {**system, "PowerState": "Off"}
        if service.orders.lost_answers:
            self.close_connection = True
        else:
            self._answer(204, None)

    def do_DELETE(self) -> None:
        """Log out."""
        service = self.server.service
        if not self._knows_client(self.path):
            return
        number = self.path.rpartition("/")[2]
        for token in [token for token, known in service.sessions.items() if known == number]:
            del service.sessions[token]
        self._answer(204, None)

    def do_PATCH(self) -> None:
        """Switch a light."""
        service, change = self.server.service, self._body()
        if self._disturbed(self.path) or not self._knows_client(self.path):
            return
        found = service.tree.get(self.path.rstrip("/"))
        name, value = next(iter(change.items()), ("", None))
        if found is None:
            self._refuse(404, "ResourceMissingAtURI")
        elif len(change) != 1 or name not in found or value not in found.get(f"{name}@Allowed", LIGHTS.get(name, ())):
            self._refuse(400, "PropertyNotWritable")
        elif self.headers.get("If-Match") not in {None, self._etag(found) if not service.orders.fixed_etag else "x"}:
            self._refuse(412, "PreconditionFailed")
        else:
            found.update(change)
            service.changes.append((self.path, change))
            self._answer(200, found)

    def _disturbed(self, path: str) -> bool:
        """Whether an order was carried out instead of an answer."""
        service, orders = self.server.service, self.server.service.orders
        service.requests.append(f"{self.command} {path}")
        service.over.wait(orders.delay_s)
        if orders.refused_after is not None and len(service.requests) > orders.refused_after:
            self._refuse(401, "NoValidSession")
        elif orders.busy_times > 0:
            orders.busy_times -= 1
            self._refuse(503, "ServiceTemporarilyUnavailable")
        elif path.startswith(orders.failing or ("\0",)):
            self._refuse(500, "InternalError")
        elif path.startswith(orders.elsewhere or ("\0",)):
            self._answer(302, None, headers={"Location": "https://192.0.2.1/redfish/v1"})
        elif path.startswith((*orders.hanging, *orders.dropping, "\0")):
            service.over.wait(60 if path.startswith(orders.hanging or ("\0",)) else 0)
            self.close_connection = True
        elif path.startswith(orders.dripping or ("\0",)):
            self._drip()
        else:
            return False
        return True

    def _drip(self) -> None:
        """A header that never ends, byte by byte."""
        self.close_connection = True
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not self.server.service.over.wait(0.05):
            try:
                self.wfile.write(b"a")
            except OSError:
                return

    def _knows_client(self, path: str) -> bool:
        service = self.server.service
        basic = "Basic " + base64.b64encode(f"{service.username}:{service.password}".encode()).decode()
        known = self.headers.get("X-Auth-Token") in service.sessions or self.headers.get("Authorization") == basic
        if not known and path.rstrip("/") != ROOT:
            self._refuse(401, "NoValidSession")
            return False
        return True

    def _expanded(self, found: Mapping[str, Any]) -> Mapping[str, Any]:
        links = found.get("Members", ())
        return {**found, "Members": [self.server.service.tree.get(one["@odata.id"], one) for one in links]}

    def _etag(self, found: Mapping[str, Any]) -> str:
        return f'W/"{hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()[:12]}"'

    def _body(self) -> dict[str, Any]:
        length = int(self.headers.get("Content-Length") or 0)
        return dict(json.loads(self.rfile.read(length) or b"{}"))

    def _refuse(self, code: int, message_id: str) -> None:
        told = [{"MessageId": f"Base.1.8.{message_id}", "Message": "As ordered."}]
        self._answer(code, {"error": {"code": f"Base.1.8.{message_id}", "@Message.ExtendedInfo": told}})

    def _answer(
        self, code: int, body: Mapping[str, Any] | None, *, etag: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        orders, path = self.server.service.orders, self.path.partition("?")[0]
        raw = b"" if body is None else json.dumps(body).encode()
        if code == 200:
            raw = orders.said.get(path, raw)
            raw = raw[: len(raw) // 2] if path.startswith(orders.cut or ("\0",)) else raw
        self.send_response(code)
        for name, value in {**({"ETag": etag} if etag else {}), **(headers or {})}.items():
            self.send_header(name, value)
        if path.startswith(orders.packed or ("\0",)):
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)
