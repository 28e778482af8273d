"""Lines to mail servers: encrypted unless they end on this machine, with one deadline for all that is said on them."""

from __future__ import annotations

import contextlib
import functools
import imaplib
import smtplib
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from imap_tools import BaseMailBox, ImapToolsError

from app.core.errors import Invalid
from app.tickets.calls import is_this_machine
from app.tickets.system import Outcome, Postponed, Rejected

STEP_S: Final = 5.0
PORTS: Final = {("imap", "tls"): 993, ("smtp", "tls"): 465, ("imap", "starttls"): 143, ("smtp", "starttls"): 587}
NOT_NOW: Final = "have it renewed, and see that both clocks are right"
NOT_IT: Final = "use the name that stands in it, or have one made out for this name"
NOT_KNOWN: Final = "name the file of the authority that signed it in ca_file"
ADVICE: Final = {9: NOT_NOW, 10: NOT_NOW, 62: NOT_IT, 64: NOT_IT} | dict.fromkeys((18, 19, 20, 21), NOT_KNOWN)
"""By OpenSSL's numbers of what is wrong with a certificate (X509_V_ERR_*)."""
NO_TLS: Final = "{} offers no TLS (STARTTLS): have it switched on there, or use the address of TLS from the beginning"
BROKEN: Final = (OSError, ImapToolsError, imaplib.IMAP4.error)
"""What a mailbox can end with."""

Safety = Literal["tls", "starttls", "plain"]


class SetUpBadly(OSError):
    """What no waiting mends: a certificate that is not accepted, a server without TLS. Says what to do."""


class Turn:
    """The time that all of a dealing with a server may take; each step of it has five seconds at most."""

    def __init__(self, within_s: float) -> None:
        self._ends = time.monotonic() + within_s
        self._within_s = within_s

    def renew(self) -> None:
        """All the time again, for a line that is kept open."""
        self._ends = time.monotonic() + self._within_s

    def step(self, most: float = STEP_S) -> float:
        """Seconds for the next step; raises TimeoutError when the time is over."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"not done within {self._within_s:.0f} s in all")
        return min(left, most)


@dataclass(frozen=True, slots=True)
class Door:
    """Where a mail server is, and how safely it is spoken to. `ca_file` None: the machine's own authorities."""

    host: str
    port: int
    safety: Safety
    ca_file: Path | None

    @property
    def place(self) -> str:
        """For sentences."""
        return f"{self.host}:{self.port}"

    @property
    def wants_name(self) -> bool:
        """Whether we say who we are; a server for outgoing mail on this machine asks nobody."""
        return self.safety != "plain" or not is_this_machine(self.host)


def door(setting: str, url: str, *, allow_plain: bool, ca_file: Path | None) -> Door:
    """The door of a setting's address; raises Invalid naming the setting and what would be right.

    `imaps://`: TLS at once. `imap+starttls://`: before anything is said. `imap+plain://`: never, to this machine, or
    to others where that is expressly allowed. `imap://`: STARTTLS, and plain to this machine. The same for smtp.
    """
    try:
        where = urlsplit(url)
        host, port = where.hostname or "", where.port
    except ValueError as error:
        raise Invalid("invalid", f"{setting} is not an address") from error
    here = is_this_machine(host)
    kinds: dict[str, Safety] = {
        f"{setting}s": "tls", f"{setting}+starttls": "starttls", f"{setting}+plain": "plain",
        setting: "plain" if here else "starttls",
    }  # fmt: skip
    if where.scheme not in kinds or not host or where.username or where.path or where.query or where.fragment:
        raise Invalid(
            "invalid", f"{setting} must be {setting}s://host or {setting}s://host:port, without name or password"
        )
    safety = kinds[where.scheme]
    if safety == "plain" and not here and not allow_plain:
        raise Invalid(
            "invalid",
            f"{setting} would send the password and customers' mails in the clear to {host}: use {setting}s:// or "
            f"{setting}+starttls://, or say allow_plain: true",
        )
    usual = PORTS[setting, "tls" if safety == "tls" else "starttls"]
    return Door(host, port or usual, safety, ca_file)


class _Timed(socket.socket):
    """A socket whose every step fits into its turn. One that was set not to wait at all is left so."""

    turn: Turn

    def _begin(self) -> None:
        if self.gettimeout() != 0:
            self.settimeout(self.turn.step())

    def recv_into(self, *arguments: Any, **named: Any) -> int:
        self._begin()
        return super().recv_into(*arguments, **named)

    def send(self, *arguments: Any, **named: Any) -> int:
        self._begin()
        return super().send(*arguments, **named)

    def sendall(self, *arguments: Any, **named: Any) -> None:
        self._begin()
        super().sendall(*arguments, **named)


class _Sealed(_Timed, ssl.SSLSocket):
    """The same under TLS, the handshake included."""

    def do_handshake(self, block: bool = False) -> None:
        self._begin()
        super().do_handshake(block)


def _reach(door: Door, turn: Turn) -> _Timed:
    """A line to one of the host's addresses; each has a step's time, all together the turn's."""
    problem = OSError("the host has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(door.host, door.port, type=socket.SOCK_STREAM):
        line = _Timed(family, kind, protocol)
        line.turn = turn
        try:
            line.settimeout(turn.step())
            line.connect(address)
        except OSError as error:
            line.close()
            problem = error
        else:
            return line
    raise problem


def _sealing(door: Door, turn: Turn) -> ssl.SSLContext:
    """What puts TLS over a line: certificate and name are checked, and it keeps the turn's time."""
    try:
        context = ssl.create_default_context(cafile=str(door.ca_file) if door.ca_file else None)
    except OSError as error:
        raise SetUpBadly(f"ca_file {door.ca_file} holds no certificates: {error.strerror}") from error
    context.sslsocket_class = type("Sealed", (_Sealed,), {"turn": turn})
    return context


def _line(door: Door, turn: Turn) -> socket.socket:
    """A line through the door; under TLS at once where that is its way."""
    line = _reach(door, turn)
    if door.safety != "tls":
        return line
    return _sealing(door, turn).wrap_socket(line, server_hostname=door.host)


@contextlib.contextmanager
def _told(door: Door) -> Iterator[None]:
    """What is wrong with a certificate, in a sentence that says what to do."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        advice = ADVICE.get(error.verify_code, "have it looked at")
        raise SetUpBadly(
            f"the certificate of {door.place} is not accepted ({error.verify_message}): {advice}"
        ) from error


class _Imap(imaplib.IMAP4):
    def __init__(self, door: Door, turn: Turn) -> None:
        self._door, self._turn = door, turn
        super().__init__(door.host, door.port)

    def _create_socket(self, _timeout: float | None) -> socket.socket:
        return _line(self._door, self._turn)


class Box(BaseMailBox):
    """A mailbox behind a door, open for one turn."""

    def __init__(self, door: Door, turn: Turn) -> None:
        self.door, self.turn = door, turn
        super().__init__()

    def _get_mailbox_client(self) -> imaplib.IMAP4:
        with _told(self.door):
            client = _Imap(self.door, self.turn)
            if self.door.safety == "starttls":
                if "STARTTLS" not in client.capabilities:
                    client.shutdown()
                    raise SetUpBadly(NO_TLS.format(self.door.place))
                client.starttls(_sealing(self.door, self.turn))
            return client

    def close(self) -> None:
        """Take leave, if there is time, and hang up: what was done is done, whatever is said to that."""
        with contextlib.suppress(*BROKEN):
            self.turn.step()
            self.logout()
        self.hang_up()

    def hang_up(self) -> None:
        """End the line without a word; also from another thread."""
        with contextlib.suppress(OSError):
            self.client.shutdown()


class Postman(smtplib.SMTP):
    """A server for outgoing mail behind a door, for one turn; encrypted where the door says so."""

    def __init__(self, door: Door, turn: Turn) -> None:
        self._door, self._turn = door, turn
        with _told(door):
            super().__init__(door.host, door.port, local_hostname=_own_name())
            if door.safety == "starttls":
                self.ehlo_or_helo_if_needed()
                if not self.has_extn("starttls"):
                    self.close()
                    raise SetUpBadly(NO_TLS.format(door.place))
                self.starttls(context=_sealing(door, turn))

    def _get_socket(self, _host: str, _port: int, _timeout: float) -> socket.socket:
        return _line(self._door, self._turn)

    def leave(self) -> None:
        """Take leave, if there is time, and hang up: what was taken is taken, whatever is said to that."""
        with contextlib.suppress(OSError, smtplib.SMTPException):
            self._turn.step()
            self.quit()
        self.close()


def verdict(error: OSError) -> Outcome:
    """How a delivery ended that raised `error` (smtplib's are OSErrors); only a word on the mail itself is final."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
        said = f"the address is refused: {', '.join(map(str, codes))}"
        return Rejected(said) if all(code >= 500 for code in codes) else Postponed(said)
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return Postponed(f"the server for outgoing mail does not take our name and password: {error.smtp_code}")
    if isinstance(error, smtplib.SMTPResponseException):
        said = f"the server for outgoing mail said {error.smtp_code}"
        about_it = isinstance(error, (smtplib.SMTPSenderRefused, smtplib.SMTPDataError))
        return Rejected(said) if about_it and error.smtp_code >= 500 else Postponed(said)
    if isinstance(error, SetUpBadly):
        return Postponed(f"outgoing mail: {error}", fault=True)
    cut = isinstance(error, smtplib.SMTPServerDisconnected)
    said = "the connection broke" if cut else str(error) or type(error).__name__
    return Postponed(f"outgoing mail: {said}; it may have arrived")


@functools.cache
def _own_name() -> str:
    """Our host's name, as smtplib would look it up for every mail, without a deadline."""
    return socket.getfqdn()
