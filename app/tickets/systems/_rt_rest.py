"""Talking to Request Tracker's REST 2: one deadline for a whole talk, pages to their end, refusals told apart."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from app.core.errors import Unavailable
from app.tickets.calls import Caller, CallFailed, Reply
from app.tickets.rules.retries import waiting_asked

PAGE: Final = 100  # more is cut to that, silently
MOST_PAGES: Final = 200
MOST_BYTES: Final = 4_000_000
UNKNOWN_WAIT: Final = timedelta(seconds=20)
"""Before a message whose end is unknown is looked for: longer than RT may still be busy with the request."""
READ_TRIES: Final = 4
READ_PAUSE_S: Final = 0.3
RETRIED_REFUSALS: Final = frozenset({408, 409, 425, 429})


class Refused(Exception):
    """RT will not do it as it is."""


class Later(Exception):
    """RT cannot do it now, or nobody knows whether it did."""

    def __init__(self, problem: str, wait: timedelta | None = None) -> None:
        super().__init__(problem)
        self.wait = wait


class Reading:
    """Whatever goes wrong inside is one error for the reader."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk

    def __enter__(self) -> Talk:
        return self._talk

    def __exit__(self, _kind: object, error: BaseException | None, _at: object) -> None:
        if isinstance(error, (Refused, Later)):
            raise Unavailable("ticket_system", f"Request Tracker: {error}") from error


class Talk:
    """Calls that share one deadline. A reading whose connection breaks is tried again within it, a writing never."""

    def __init__(self, calls: Caller, token: str, within_s: float, now: datetime | None) -> None:
        self._calls, self._now = calls, now
        self._headers = {"authorization": f"token {token}", "accept": "application/json"}
        self._end = time.monotonic() + within_s

    def get(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """An object; raises Refused where there is none."""
        found = self.find(path, params)
        if found is None:
            raise Refused(f"there is no {path} that we may see")
        return found[0]

    def ticket(self, ticket: str) -> tuple[dict[str, Any], str] | None:
        """A ticket and its version; None when there is none that we may see."""
        return self.find(f"ticket/{number(ticket)}")

    def find(self, path: str, params: Mapping[str, str] | None = None) -> tuple[dict[str, Any], str] | None:
        """An object and its ETag; None when there is none."""
        reply = self._call("GET", path, params=params)
        if reply.status in {httpx.codes.NOT_FOUND, httpx.codes.FORBIDDEN}:
            return None
        self._check(reply)
        return an_object(reply), reply.headers.get("etag", "")

    def pages(self, path: str, params: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """All items of a collection, to the first page that is empty unless RT tells a total.

        A page that is not full ends nothing: RT takes what we may not see (its own mails, say) out of a page that it
        has cut already, tells no total then, and no next page either.
        """
        for page in range(1, MOST_PAGES + 1):
            answer = self.get(path, {"per_page": str(PAGE), **params, "page": str(page)})
            items = answer.get("items") or []
            yield from items
            total = answer.get("total")
            if not items or (total is not None and page * int(answer.get("per_page") or PAGE) >= int(total)):
                return
        raise Later(f"{path} has more than {MOST_PAGES} pages")

    def write(self, method: str, path: str, form: dict[str, Any], version: str | None = None) -> Reply:
        """Change something; 412 is an answer when `version` was given."""
        extra = {"content-type": "application/json"} | ({"if-match": version} if version else {})
        reply = self._call(method, path, extra, content=json.dumps(form).encode())
        if not (version and reply.status == httpx.codes.PRECONDITION_FAILED):
            self._check(reply)
        return reply

    def _call(
        self,
        method: str,
        path: str,
        extra: Mapping[str, str] | None = None,
        *,
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> Reply:
        for tried in itertools.count(1):
            left = self._end - time.monotonic()
            if left <= 0:
                break
            try:
                return self._calls.call(
                    method, path, headers={**self._headers, **(extra or {})}, params=params, content=content,
                    within_s=left, most_bytes=MOST_BYTES,
                )  # fmt: skip
            except CallFailed as failure:
                if method != "GET":
                    raise Later(failure.problem, None if failure.arrived is False else UNKNOWN_WAIT) from failure
                if tried == READ_TRIES or self._end - time.monotonic() < READ_PAUSE_S:
                    raise Later(failure.problem) from failure
                time.sleep(READ_PAUSE_S)
        raise Later("it is too slow to go on now")

    def _check(self, reply: Reply) -> None:
        if httpx.codes.is_success(reply.status):
            return
        said = f"HTTP {reply.status}: {reply.body.decode(errors='replace')[:200]}"
        if httpx.codes.is_client_error(reply.status) and reply.status not in RETRIED_REFUSALS:
            raise Refused(said)
        asked = waiting_asked(reply.headers.get("retry-after"), self._now) if self._now else None
        raise Later(said, asked)


def number(ticket: str) -> int:
    """A ticket's number; raises Refused for anything else."""
    if not (ticket.isascii() and ticket.isdigit() and len(ticket) <= 18):
        raise Refused(f"{ticket[:40]!r} is not a ticket number")
    return int(ticket)


def an_object(reply: Reply) -> dict[str, Any]:
    """The answer as a JSON object; raises Later for anything else."""
    try:
        found = json.loads(reply.body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Later("an answer that is not what it should be")
    return found
