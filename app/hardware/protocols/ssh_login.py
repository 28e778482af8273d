"""Signing in to a host by SSH: the host proves its pinned key before anything of ours is sent.

There is no trust on first use, no agent, no known_hosts file and no pass phrase to ask a person for. What a host does
wrong on the way in becomes one of our typed errors.
"""

from __future__ import annotations

import binascii
import contextlib
import socket
from base64 import b64decode
from collections.abc import Iterator
from hashlib import sha256

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from paramiko.ssh_exception import BadAuthenticationType, IncompatiblePeer, PasswordRequiredException

from app.core.errors import AuthRefused, Malformed, Refused, TimedOut, Unreachable
from app.hardware.protocols.deadline import Deadline
from app.hardware.readings import SshTarget

# An RSA key signs by these; the SHA-1 signature "ssh-rsa" is not accepted.
ALGORITHMS = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256")}
KEY_TYPES = ("ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521")
WINDOW_BYTES = 256 * 1024

ADVICE_ADDRESS = "Check that the machine is up and its SSH server runs, and that a firewall lets us reach its port."
ADVICE_SLOW = "Take the diagnostics again with a longer deadline; if it stays so, look at the machine's load."
ADVICE_SPEECH = "Check that the port is an SSH server's (OpenSSH is), and look at the server's log."
ADVICE_ACCOUNT = "Check the account's name, its authorized key or its password, and that the host lets it sign in."
ADVICE_OUR_KEY = "Have a system administrator correct the private key file on the machine that reads this site."
ADVICE_HOST_KEY = (
    "Nothing was sent to it. Ask a system administrator whether the machine was installed anew: only when that is "
    "certain, record its new key. Else it may be another machine at this address."
)
ADVICE_PINNED = "Record the host's public key as `ssh-keyscan` tells it, after comparing it at the machine's console."


@contextlib.contextmanager
def signed_in(target: SshTarget, deadline: Deadline) -> Iterator[paramiko.Transport]:
    """Open one connection, sign in, and close it in any case.

    Raises Unreachable, TimedOut, Refused (another host key than the pinned one, or our own files), AuthRefused or
    Malformed; none of them says a secret.
    """
    pinned = _pinned_key(target)
    own_key = _own_key(target)
    with contextlib.closing(_connect(target, deadline)) as link:
        transport = _transport(link, pinned[0], deadline)
        try:
            _negotiate(transport, deadline)
            _check_host_key(transport, pinned)
            _authenticate(transport, target, own_key, deadline)
            yield transport
        finally:
            transport.close()


def _pinned_key(target: SshTarget) -> tuple[str, bytes]:
    """Type and bytes of the pinned key; a host name before it and a comment after it do not matter."""
    words = target.host_key.split()
    kind = next((word for word in words[:2] if word in KEY_TYPES), None)
    with contextlib.suppress(binascii.Error, ValueError, IndexError):
        if kind is not None:
            blob = b64decode(words[words.index(kind) + 1], validate=True)
            if blob[4 : 4 + len(kind)] == kind.encode():
                return kind, blob
    raise Refused("the recorded host key is no public key that we know", ADVICE_PINNED)


def _own_key(target: SshTarget) -> paramiko.PKey | None:
    if target.private_key_file is None:
        return None
    try:
        return paramiko.PKey.from_path(target.private_key_file)
    except OSError as error:
        raise Refused(f"our private key file cannot be read: {error.strerror or 'error'}", ADVICE_OUR_KEY) from error
    except (PasswordRequiredException, TypeError) as error:
        raise Refused("our private key is locked with a pass phrase", ADVICE_OUR_KEY) from error
    except (ValueError, UnsupportedAlgorithm, paramiko.SSHException) as error:
        raise Refused("our private key file holds no key that we can use", ADVICE_OUR_KEY) from error


def _connect(target: SshTarget, deadline: Deadline) -> socket.socket:
    try:
        return socket.create_connection((target.address, target.port), timeout=max(deadline.remaining_s, 0.01))
    except TimeoutError as error:
        raise TimedOut("nothing answers at the SSH port", ADVICE_ADDRESS) from error
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "no such host"
        raise Unreachable(f"no connection to the SSH port: {reason}", ADVICE_ADDRESS) from error


def _transport(link: socket.socket, key_type: str, deadline: Deadline) -> paramiko.Transport:
    """A connection that asks for the pinned kind of key, so that a host with several keys shows that one."""
    transport = paramiko.Transport(link, default_window_size=WINDOW_BYTES)
    transport.daemon = True
    transport.banner_timeout = transport.handshake_timeout = transport.auth_timeout = deadline.remaining_s
    transport.get_security_options().key_types = ALGORITHMS.get(key_type, (key_type,))
    return transport


def _negotiate(transport: paramiko.Transport, deadline: Deadline) -> None:
    try:
        transport.start_client(timeout=deadline.remaining_s)
    except IncompatiblePeer as error:
        reason = "the host shows no key of the recorded kind, or agrees to no algorithm of ours"
        raise Refused(reason, ADVICE_HOST_KEY) from error
    except (paramiko.SSHException, OSError, EOFError, ValueError) as error:
        if deadline.passed:
            raise TimedOut("the host did not finish the SSH greeting in time", ADVICE_SLOW) from error
        raise Malformed("what answers there does not speak SSH as it should", ADVICE_SPEECH) from error
    if not transport.initial_kex_done:
        raise TimedOut("the host did not finish the SSH greeting in time", ADVICE_SLOW)


def _check_host_key(transport: paramiko.Transport, pinned: tuple[str, bytes]) -> None:
    shown = transport.get_remote_server_key()
    if shown.asbytes() != pinned[1]:
        told = f"{_print(shown.asbytes())} instead of {_print(pinned[1])}"
        raise Refused(f"the host shows another key than the recorded one: {told}", ADVICE_HOST_KEY)


def _print(key: bytes) -> str:
    """A key's fingerprint as `ssh-keygen -l` prints it."""
    return f"SHA256:{binascii.b2a_base64(sha256(key).digest(), newline=False).decode().rstrip('=')}"


def _authenticate(
    transport: paramiko.Transport, target: SshTarget, own_key: paramiko.PKey | None, deadline: Deadline
) -> None:
    transport.auth_timeout = deadline.remaining_s
    try:
        if own_key is not None:
            left = transport.auth_publickey(target.username, own_key)
        else:
            left = transport.auth_password(target.username, target.password or "", fallback=False)
    except BadAuthenticationType as error:
        raise AuthRefused(f"the host wants {' or '.join(error.allowed_types)}", ADVICE_ACCOUNT) from error
    except paramiko.AuthenticationException as error:
        if deadline.passed:
            raise TimedOut("the host did not finish signing us in in time", ADVICE_SLOW) from error
        what = "key" if own_key is not None else "password"
        raise AuthRefused(f"the host does not accept this account and {what}", ADVICE_ACCOUNT) from error
    except (paramiko.SSHException, OSError, EOFError) as error:
        raise Malformed("the connection broke off while signing in", ADVICE_SPEECH) from error
    if left or not transport.is_authenticated():
        raise AuthRefused("the host wants a second proof beside the first", ADVICE_ACCOUNT)
