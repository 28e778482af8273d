"""A Redfish service's answers: a JSON object, or one of our errors with what to do; and which links may be followed."""

from __future__ import annotations

import contextlib
import json
import re
import zlib
from typing import Any, Final
from urllib.parse import unquote

import httpx

from app.core.errors import AuthRefused, HardwareError, Malformed, Refused, Unsupported

ROOT: Final = "/redfish/v1"
MOST_BYTES_EACH: Final = 2 << 20
GZIP: Final = 31  # zlib: a gzip header, the largest window
PATH = re.compile(r"/redfish/v1(/[^\s\\?#]*)?(\?[^\s\\#]*)?", re.ASCII)
ADVICE_PATH = "Check the address, the management network's cable and port, and whether Redfish is switched on."
ADVICE_SLOW = "Take the diagnostics again with a longer deadline; if it stays so, restart the BMC (not the machine)."
ADVICE_ACCOUNT = "Check the user name and password of the BMC's account, and that it may log in."
ADVICE_FULL = "Wait until other sessions of the BMC end (log out of its page); if it stays so, restart the BMC."
ADVICE_PRIVILEGE = "Give the account the privilege for it: reading needs Login, the light needs ConfigureComponents."
ADVICE_FIRMWARE = "Look for newer firmware of the BMC; until then read it by IPMI."
ADVICE_CERTIFICATE = (
    "Compare the certificate with the one on the BMC's own page, then record its SHA-256 fingerprint; until it is "
    "known to be right, send no password."
)


class Missing(HardwareError):
    """404: the link leads nowhere. Real services have such links, so it is no failure of the read."""

    status = "unsupported"
    retryable = False


class NotAccepted(HardwareError):
    """4xx: the service understood and declines, with its own message id."""

    status = "unsupported"
    retryable = False

    def __init__(self, code: int, message_id: str, what: str) -> None:
        super().__init__(
            f"the service declines {what} (HTTP {code}{message_id and f', {message_id}'})", ADVICE_FIRMWARE
        )
        self.code = code


def below_root(link: object) -> str | None:
    """The path of a link that stays in this service, without its fragment; None for every other link."""
    if not isinstance(link, str) or not link.isascii():
        return None
    path = link.partition("#")[0]
    if not PATH.fullmatch(path):
        return None
    bare, mark, query = path.partition("?")
    steps = unquote(bare).split("/")
    if any(step in {".", ".."} for step in steps) or "\\" in unquote(bare) or "//" in unquote(bare):
        return None
    return bare.rstrip("/") + mark + query


def unpacked(body: bytes, encoding: str) -> bytes:
    """The body, also from services that compress unasked; never more of it than an answer may have."""
    if encoding == "identity":
        return body
    if encoding != "gzip":
        raise Malformed("the answer is packed in a way that was not asked for", ADVICE_FIRMWARE)
    unpacking = zlib.decompressobj(GZIP)
    try:
        unpacked = unpacking.decompress(body, MOST_BYTES_EACH)
    except zlib.error as error:
        raise Malformed("the packed answer is broken", ADVICE_FIRMWARE) from error
    if not unpacking.eof:
        raise Malformed("the packed answer is cut, or larger than any real one", ADVICE_FIRMWARE)
    return unpacked


def check(answer: httpx.Response, body: bytes, path: str) -> None:
    """Raise the typed error of an answer that is none."""
    code, what = answer.status_code, path.removeprefix(f"{ROOT}/") or "the service root"
    if answer.is_success:
        return
    if answer.is_redirect:
        raise Unsupported("it redirects elsewhere, and redirects are not followed", ADVICE_FIRMWARE)
    if code == httpx.codes.UNAUTHORIZED:
        raise AuthRefused("the service does not accept the account, or ended the session", ADVICE_ACCOUNT)
    if code == httpx.codes.FORBIDDEN:
        raise AuthRefused("the account may not do that", ADVICE_PRIVILEGE)
    if code in {404, 410}:
        raise Missing(f"{what} is not there", ADVICE_FIRMWARE)
    if code in {429, 503}:
        raise Refused(f"the service is busy (HTTP {code})", ADVICE_FULL)
    if answer.is_server_error:
        raise Refused(f"the service failed (HTTP {code})", ADVICE_FIRMWARE)
    raise NotAccepted(code, message_id(body), what)


def check_log_in(answer: httpx.Response, body: bytes) -> None:
    """Raise the typed error of a login that was not accepted: no session left, or a wrong account."""
    message = message_id(body)
    if "limit" in message.lower():
        raise Refused("the service has no session left for us", ADVICE_FULL)
    if answer.status_code == httpx.codes.BAD_REQUEST and "unauthor" in message.lower():
        raise AuthRefused("the service does not accept the user name and password", ADVICE_ACCOUNT)
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        raise AuthRefused("the service does not accept the user name and password", ADVICE_ACCOUNT)
    check(answer, body, "a session")


def message_id(body: bytes) -> str:
    """The first message id of an error, without its registry: "SessionLimitExceeded"; "" when it names none."""
    try:
        error = parsed(body, "").get("error")
    except Malformed:
        return ""
    said = error if isinstance(error, dict) else {}
    extended = said.get("@Message.ExtendedInfo")
    first = extended[0] if isinstance(extended, list) and extended and isinstance(extended[0], dict) else {}
    name = first.get("MessageId") or said.get("code") or ""
    return re.sub(r"[^A-Za-z0-9]", "", name.rpartition(".")[2])[:60] if isinstance(name, str) else ""


def own_path(body: bytes) -> str | None:
    """Where a resource says that it stands; None when it does not."""
    with contextlib.suppress(Malformed):
        return below_root(parsed(body, "").get("@odata.id"))
    return None


def parsed(body: bytes, path: str) -> dict[str, Any]:
    """An answer's JSON object. Raises Malformed for anything else."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Malformed("its JSON is cut or broken", ADVICE_FIRMWARE) from error
    if not isinstance(value, dict):
        raise Malformed(f"{path.rpartition('/')[2] or 'the answer'} is no JSON object", ADVICE_FIRMWARE)
    return value
