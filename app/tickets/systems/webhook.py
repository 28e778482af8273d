"""Messages as signed webhooks (Standard Webhooks 1.0.0): for any system that can take a POST."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import ssl
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final

import httpx

from app.core.errors import Invalid
from app.core.signing import key_of, signed_headers
from app.tickets.rules.retries import waiting_asked
from app.tickets.system import Capability, Outbound, Outcome, Postponed, Rejected, Sent, secret

CONNECT_S: Final = 5.0
READ_S: Final = 10.0
TOTAL_S: Final = 15.0
MOST_BYTES: Final = 20_000
RETRIED_REFUSALS: Final = frozenset({408, 409, 425, 429})


@dataclass(frozen=True, slots=True)
class Webhook:
    """POSTs each message as JSON to `url`, signed with every one of `secrets` (two while one replaces the other).

    Only that address is ever called: redirects are not followed, proxies of the environment not used. Plain http is
    taken to this machine only, unless `allow_plain_http` is true.
    """

    name: ClassVar[str] = "webhook"
    capabilities: ClassVar[frozenset[Capability]] = frozenset(Capability)

    url: str
    secrets: tuple[str, ...] = secret()
    allow_plain_http: bool = False
    _keys: tuple[bytes, ...] = field(init=False, repr=False)
    _trust: ssl.SSLContext | bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        url = _checked(self.url, allow_plain_http=self.allow_plain_http)
        object.__setattr__(self, "_keys", tuple(key_of(one) for one in self.secrets))
        object.__setattr__(self, "_trust", ssl.create_default_context() if url.scheme == "https" else False)

    def send(self, message: Outbound, now: datetime) -> Outcome:
        """One POST, 15 s at most. 2xx is sent; 4xx other than 408, 409, 425 and 429 is final; the rest is repeated."""
        body = json.dumps(message.form(), ensure_ascii=False, separators=(",", ":")).encode()
        if len(body) >= MOST_BYTES:
            return Rejected(f"the message takes {len(body)} bytes, more than a webhook may carry")
        headers = {"content-type": "application/json", **signed_headers(self._keys, str(message.id), now, body)}
        try:
            response = asyncio.run(self._post(headers, body))
        except TimeoutError:
            return Postponed(f"no answer within {TOTAL_S:.0f} s; it may have arrived")
        except httpx.TimeoutException as error:
            return Postponed(f"no answer in time ({type(error).__name__}); it may have arrived")
        except httpx.RequestError as error:
            return Postponed(f"not reached: {error or type(error).__name__}")
        return _outcome(response, now)

    async def _post(self, headers: dict[str, str], body: bytes) -> httpx.Response:
        """The answer's status and headers; its body is not read."""
        timeout = httpx.Timeout(READ_S, connect=CONNECT_S)
        async with (
            asyncio.timeout(TOTAL_S),
            httpx.AsyncClient(verify=self._trust, timeout=timeout, trust_env=False, follow_redirects=False) as client,
            client.stream("POST", self.url, headers=headers, content=body) as response,
        ):
            return response


def _checked(url: str, *, allow_plain_http: bool) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise Invalid("invalid", "url is not an address") from error
    if parsed.scheme not in {"http", "https"} or not parsed.host or parsed.userinfo or parsed.fragment:
        raise Invalid("invalid", "url must be https://host/path, without a name or password in it")
    if parsed.scheme == "http" and not allow_plain_http and not _is_this_machine(parsed.host):
        raise Invalid("invalid", "url must be https://, or allow_plain_http must be true")
    return parsed


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _outcome(response: httpx.Response, now: datetime) -> Outcome:
    status = response.status_code
    if response.is_success:
        return Sent(f"HTTP {status}")
    if status == httpx.codes.GONE:
        return Rejected("HTTP 410: the receiver wants no more messages at this address")
    if response.is_client_error and status not in RETRIED_REFUSALS:
        return Rejected(f"HTTP {status}: the receiver does not take this message")
    said = "a redirect, which is not followed" if response.is_redirect else "the receiver cannot take it now"
    return Postponed(f"HTTP {status}: {said}", waiting_asked(response.headers.get("retry-after"), now))


SYSTEM = Webhook
