"""Real mail servers on loopback: Dovecot with one mailbox over IMAP, and an SMTP server that keeps what it takes.

Both speak TLS, at once and after STARTTLS, when they are given a certificate. Dovecot runs on a configuration and
folders of its own, as nobody in particular; the machine's own services are not touched. What it needs to know of
people stands in a file with one account.
"""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import shutil
import ssl
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from imaplib import IMAP4
from pathlib import Path
from typing import Any, Final

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from imap_tools import MailBoxUnencrypted

from lab.certificates import Certificate
from lab.processes import LOOPBACK, Child, free_tcp_ports, wait_until
from lab.tools import find

USER: Final = "support@rackside.test"
PASSWORD: Final = "mail-password"  # noqa: S105 -- of a server that lives for one test


class Imap:
    """A Dovecot of our own with the mailbox of `USER`."""

    def __init__(self, certificate: Certificate | None = None) -> None:
        self.certificate = certificate
        self.folder = Path(
            tempfile.mkdtemp(prefix="dovecot-")
        )  # a short path, for sockets, that its accounts may enter
        self.port, self.tls_port = free_tcp_ports(2)
        self.child = Child(
            find("dovecot") or "dovecot", ["-F", "-c", str(self.folder / "dovecot.conf")], self.folder, {}
        )

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"imap://{LOOPBACK}:{self.port}"

    def start(self) -> None:
        """Write its configuration and start it; it answers soon after."""
        (self.folder / "mail").mkdir()
        self.folder.chmod(0o755)
        me, owner = pwd.getpwuid(os.getuid()), (os.getuid(), os.getgid())
        if me.pw_uid == 0:  # it keeps no mail of root's
            owner = (pwd.getpwnam("nobody").pw_uid, pwd.getpwnam("nobody").pw_gid)
            os.chown(self.folder / "mail", *owner)
        account = f"{USER}:{{PLAIN}}{PASSWORD}:{owner[0]}:{owner[1]}::{self.folder}/mail::\n"
        (self.folder / "accounts").write_text(account, encoding="ascii")
        self.configure()
        self.start_again()

    def configure(self) -> None:
        """Write its configuration; it is read at the next start."""
        me = pwd.getpwuid(os.getuid()).pw_name
        (self.folder / "dovecot.conf").write_text(self._configuration(me), encoding="ascii")

    def start_again(self) -> None:
        """As after `stop_only`."""
        self.child.start()
        wait_until(lambda: self._answers() or not self.child.running, "Dovecot", 15)

    def stop_only(self) -> None:
        """End it and keep its mail."""
        self.child.stop()

    def stop(self) -> None:
        """End it; its mail is gone."""
        self.stop_only()
        shutil.rmtree(self.folder, ignore_errors=True)

    @contextlib.contextmanager
    def opened(self, folder: str = "INBOX") -> Iterator[MailBoxUnencrypted]:
        """The mailbox, as a person's own mail program opens it."""
        with MailBoxUnencrypted(LOOPBACK, self.port, timeout=10).login(USER, PASSWORD, folder) as box:
            yield box

    def deliver(self, mail: bytes) -> None:
        """Put a mail into the mailbox, as the mail server of the house does."""
        with self.opened() as box:
            box.append(mail, "INBOX")

    def _answers(self) -> bool:
        with contextlib.suppress(OSError, IMAP4.error), self.opened():
            return True
        return False

    def _trust(self) -> str:
        if self.certificate is None:
            return "ssl = no"
        return f"ssl = yes\nssl_cert = <{self.certificate.chain}\nssl_key = <{self.certificate.key}"

    def _configuration(self, me: str) -> str:
        where = self.folder
        return f"""
            base_dir = {where}/run
            state_dir = {where}/state
            log_path = {where}/log
            protocols = imap
            listen = {LOOPBACK}
            {self._trust()}
            disable_plaintext_auth = no
            default_internal_user = {"dovecot" if me == "root" else me}
            default_login_user = {"dovenull" if me == "root" else me}
            default_internal_group = {"dovecot" if me == "root" else grp.getgrgid(os.getgid()).gr_name}
            first_valid_uid = 0
            mail_location = maildir:{where}/mail
            passdb {{
              driver = passwd-file
              args = {where}/accounts
            }}
            userdb {{
              driver = passwd-file
              args = {where}/accounts
            }}
            service imap-login {{
              chroot =
              inet_listener imap {{
                port = {self.port}
              }}
              inet_listener imaps {{
                port = {self.tls_port if self.certificate else 0}
              }}
            }}
            service anvil {{
              chroot =
            }}
            service stats {{
              chroot =
            }}
            namespace inbox {{
              inbox = yes
              mailbox Sent {{
                auto = create
              }}
            }}
        """


@dataclass
class Smtp:
    """Takes mail and keeps it; `answers` are given first, one per mail, instead of taking it."""

    answers: list[str] = field(default_factory=list)
    taken: list[EmailMessage] = field(default_factory=list)
    tried: int = 0
    known_only: bool = False

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 -- so named
        """One mail: taken, or answered as ordered. "cut" ends the connection after taking it."""
        self.tried += 1
        if self.known_only and not session.authenticated:
            return "530 who are you?"
        answer = self.answers.pop(0) if self.answers else ""
        if answer and answer != "cut":
            return answer
        found: Any = BytesParser(policy=policy.default).parsebytes(envelope.original_content or b"")
        self.taken.append(found)
        if answer == "cut" and server.transport is not None:
            server.transport.close()
        return "250 taken"


def _knows(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: LoginPassword) -> AuthResult:
    """Whether somebody is `USER`."""
    return AuthResult(success=(given.login, given.password) == (USER.encode(), PASSWORD.encode()))


@contextlib.contextmanager
def smtp_server(certificate: Certificate | None = None, *, at_once: bool = False) -> Iterator[tuple[str, Smtp]]:
    """An SMTP server and its address.

    With a certificate it wants TLS, from the beginning (`at_once`) or after STARTTLS, and then a name and a password.
    """
    kept, port, context = Smtp(known_only=certificate is not None), free_tcp_ports(1)[0], None
    wishes: dict[str, Any] = {"auth_require_tls": not at_once}
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate.chain, certificate.key)
        wishes["authenticator"] = _knows
        wishes |= {} if at_once else {"tls_context": context, "require_starttls": True}
    controller = Controller(kept, hostname=LOOPBACK, port=port, ssl_context=context if at_once else None, **wishes)
    controller.start()
    try:
        yield f"smtp://{LOOPBACK}:{port}", kept
    finally:
        controller.stop()


@contextlib.contextmanager
def imap_server(certificate: Certificate | None = None) -> Iterator[Imap]:
    """A Dovecot while the block runs; with a certificate it speaks TLS at `tls_port` and after STARTTLS."""
    made = Imap(certificate)
    made.start()
    try:
        yield made
    finally:
        made.stop()
