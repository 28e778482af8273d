"""Calls to ticket systems: only the configured address, everything with a deadline, answers of bounded size."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from app.core.errors import Invalid

CONNECT_S: Final = 5.0
READ_S: Final = 10.0


class CallFailed(Exception):
    """No usable answer. `arrived` is False when the call certainly never reached the other side, else nobody knows."""

    def __init__(self, problem: str, *, arrived: bool | None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.arrived = arrived


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; `body` is empty when it was not asked for."""

    status: int
    headers: httpx.Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Caller:
    """Calls one ticket system. Redirects are not followed, proxies of the environment not used."""

    base: str
    _trust: ssl.SSLContext | bool = field(repr=False, compare=False)

    def call(
        self,
        method: str,
        path: str = "",
        *,
        headers: Mapping[str, str],
        within_s: float,
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
        most_bytes: int = 0,
    ) -> Reply:
        """One request, `within_s` at most in all; up to `most_bytes` of the answer are read. Raises CallFailed."""
        try:
            return asyncio.run(self._call(method, path, dict(headers), within_s, params, content, most_bytes))
        except TimeoutError as error:
            raise CallFailed(f"no answer within {within_s:.0f} s; it may have arrived", arrived=None) from error
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise CallFailed(f"not reached: {error or type(error).__name__}", arrived=False) from error
        except httpx.TimeoutException as error:
            said = f"no answer in time ({type(error).__name__}); it may have arrived"
            raise CallFailed(said, arrived=None) from error
        except httpx.RequestError as error:
            raise CallFailed(f"the connection broke: {error or type(error).__name__}", arrived=None) from error

    async def _call(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        within_s: float,
        params: Mapping[str, str] | None,
        content: bytes | None,
        most_bytes: int,
    ) -> Reply:
        timeout = httpx.Timeout(READ_S, connect=CONNECT_S)
        arguments: dict[str, Any] = {"headers": headers, "params": params, "content": content}
        async with (
            asyncio.timeout(within_s),
            httpx.AsyncClient(verify=self._trust, timeout=timeout, trust_env=False, follow_redirects=False) as client,
            client.stream(method, f"{self.base}{path}", **arguments) as response,
        ):
            body = bytearray()
            if most_bytes:
                async for part in response.aiter_bytes():
                    body += part
                    if len(body) > most_bytes:
                        raise CallFailed(f"an answer of more than {most_bytes} bytes", arrived=True)
            return Reply(response.status_code, response.headers, bytes(body))


def caller(url: str, *, allow_plain_http: bool) -> Caller:
    """A caller of `url`; raises Invalid unless it is https://, or http:// to this machine or expressly allowed."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise Invalid("invalid", "url is not an address") from error
    if parsed.scheme not in {"http", "https"} or not parsed.host or parsed.userinfo or parsed.fragment:
        raise Invalid("invalid", "url must be https://host/path, without a name or password in it")
    if parsed.scheme == "http" and not allow_plain_http and not is_this_machine(parsed.host):
        raise Invalid("invalid", "url must be https://, or allow_plain_http must be true")
    return Caller(url, ssl.create_default_context() if parsed.scheme == "https" else False)


def open_lines(url: str) -> list[str]:
    """The address itself where calls to it can be read on the way; nothing for https, and for this machine."""
    parsed = httpx.URL(url)
    return [url] if parsed.scheme == "http" and not is_this_machine(parsed.host) else []


def is_this_machine(host: str) -> bool:
    """Whether a host is this machine itself, by address or by name."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
