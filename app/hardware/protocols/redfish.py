"""Redfish: what one service says in one session, and the identify light that it can be told to switch.

Resources come in the order a person needs them: power and cooling, drives, memory, the log, sensors, ports. One that
fails is named, and never takes the others with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any, Final

from app.core.errors import AuthRefused, HardwareError, TimedOut, Unsupported
from app.hardware.protocols.redfish_answers import ADVICE_FIRMWARE, ROOT, Missing, NotAccepted, below_root
from app.hardware.protocols.redfish_http import Door
from app.hardware.protocols.redfish_walk import (
    MEMBERS,
    MOST_PAGES,
    Wanted,
    expanding,
    links_of,
    members_of,
    next_page,
)
from app.hardware.readings import RedfishAnswer, RedfishTarget, Resource

__all__ = ["identify", "read"]

PRECONDITION_FAILED: Final = 412
AT_ONCE: Final = 4  # requests: BMCs have one slow core, and answer more in parallel no sooner
ADVICE_LIGHT = "Find it by rack, U and tag; the light needs newer firmware or IPMI."

OnPart = Callable[[str, object], None]


def read(target: RedfishTarget, deadline_s: float, on_part: OnPart | None = None) -> RedfishAnswer:
    """Return what the service says before the deadline; what it did not say is named in `problems`.

    `on_part(name, value)` is called as parts arrive: the role of what was read and how much there is of it. Raises
    Unreachable, TimedOut, AuthRefused, Refused, Malformed or Unsupported when nothing could be read. Cost: one
    request per collection where the service offers $expand, else one per resource; at most four at once, 500 in all.
    """
    with Door(target, deadline_s) as door:
        reading = _Reading(door, on_part or _tell_nobody)
        reading.take_all()
        return reading.answer()


def identify(target: RedfishTarget, on: bool, deadline_s: float) -> None:
    """Switch the machine's identify light on until it is switched off, or off.

    Tries the system, then its chassis; LocationIndicatorActive before the older IndicatorLED. Raises Unsupported
    where the service has no such light, else HardwareError.
    """
    with Door(target, deadline_s) as door:
        for path in _lights(door):
            try:
                body, etag = door.fetch(path)
            except Missing:
                continue
            if any(_switched(door, path, change, etag) for change in _changes(body, on)):
                return
    raise Unsupported("the service has no identify light that we may switch", ADVICE_LIGHT)


def _lights(door: Door) -> list[str]:
    systems, chassis = (paths_of(door, name) for name in ("Systems", "Chassis"))
    return [*systems[:1], *chassis[:4]]


def paths_of(door: Door, name: str) -> list[str]:
    """The resources of one of the root's collections ("Systems", "Chassis"); none where it is not there."""
    link = door.root.get(name)
    path = below_root(link.get("@odata.id")) if isinstance(link, dict) else None
    collection = Wanted(path or f"{ROOT}/{name}", "systems" if name == "Systems" else "chassis*", 0)
    try:
        return [member.path for member, _told in members_of(collection, door.get(collection.path))]
    except Missing:
        return []


def _changes(body: Mapping[str, Any], on: bool) -> list[dict[str, Any]]:
    """What would switch this resource's light, the best first; Blinking is seen better than Lit."""
    found: list[dict[str, Any]] = []
    if isinstance(body.get("LocationIndicatorActive"), bool):
        found.append({"LocationIndicatorActive": on})
    if "IndicatorLED" in body:
        found += [{"IndicatorLED": word} for word in (("Blinking", "Lit") if on else ("Off",))]
    return found


def _switched(door: Door, path: str, change: Mapping[str, Any], etag: str | None) -> bool:
    """Whether the service took the change; an old ETag is asked for once more, then left out."""
    for proof in (etag, None) if etag else (None,):
        try:
            door.change(path, change, proof)
        except Missing:
            return False
        except NotAccepted as refusal:
            if refusal.code != PRECONDITION_FAILED:
                return False
        else:
            return True
    return False


@dataclass
class _Reading:
    """What has been gathered so far in one session."""

    door: Door
    on_part: OnPart
    expand: str = ""
    found: dict[str, Resource] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    problems: dict[str, str] = field(default_factory=dict)
    dangling: list[str] = field(default_factory=list)
    first_error: HardwareError | None = None
    gone: HardwareError | None = None

    def take_all(self) -> None:
        """Ask for what is wanted, the most wanted first, a few at once, until nothing is left or the time is over."""
        root = self.door.root
        self.expand = expanding(root)
        self.found[ROOT] = Resource("root", ROOT, root)
        wanted = list(links_of("root", 0, root))
        with ThreadPoolExecutor(AT_ONCE, "redfish") as pool:
            running: set[Future[list[Wanted]]] = set()
            while wanted or running:
                wanted = self._start(pool, sorted(wanted, key=lambda one: one.rank), running)
                done, running = wait(running, return_when=FIRST_COMPLETED)
                wanted += [news for one in done for news in one.result()]

    def _start(
        self, pool: ThreadPoolExecutor, wanted: list[Wanted], running: set[Future[list[Wanted]]]
    ) -> list[Wanted]:
        """Ask for the first of these, as many as are asked at once; returns the others."""
        others = []
        for one in wanted:
            if len(running) >= AT_ONCE:
                others.append(one)
            elif one.path not in self.asked:
                self.asked.add(one.path)
                running.add(pool.submit(self._ask, one))
        return others

    def answer(self) -> RedfishAnswer:
        """Return what there is; raise the first error when there is nothing."""
        if len(self.found) == 1:
            raise self.first_error or Unsupported("the service tells of no system and no chassis", ADVICE_FIRMWARE)
        found = sorted(self.found.values(), key=lambda one: _by_number(one.path))  # not as chance had them arrive
        return RedfishAnswer(tuple(found), self.door.requests, self.problems, tuple(self.dangling))

    def _ask(self, wanted: Wanted) -> list[Wanted]:
        """Read one resource or collection and return what it leads to; a failure is noted under its name."""
        if self.gone is not None:
            self.problems[wanted.part] = f"not read: {self.gone.reason}"
            return []
        try:
            return self._collection(wanted) if wanted.role in MEMBERS else self._resource(wanted)
        except Missing:
            self.dangling.append(wanted.part)
        except HardwareError as error:
            self.problems[wanted.part] = error.reason
            self.first_error = self.first_error or error
            if isinstance(error, AuthRefused) or self.door.is_spent:
                self.gone = error
        return []

    def _resource(self, wanted: Wanted) -> list[Wanted]:
        return self._keep(wanted, self.door.get(wanted.path))

    def _keep(self, wanted: Wanted, body: Mapping[str, Any]) -> list[Wanted]:
        self.found.setdefault(wanted.path, Resource(wanted.role, wanted.path, body))
        return list(links_of(wanted.role, wanted.rank, body))

    def _collection(self, wanted: Wanted) -> list[Wanted]:
        """A collection page by page; members that it tells in full need no request of their own."""
        news: list[Wanted] = []
        page: str | None = wanted.path
        seen: set[str] = set()
        while page and page not in seen and len(seen) < MOST_PAGES:
            seen.add(page)
            body = self._page(page)
            for member, told in members_of(wanted, body):
                if told is None:
                    news.append(member)
                elif member.path not in self.asked or member.path not in self.found:
                    self.asked.add(member.path)
                    news += self._keep(member, told)
            page = next_page(body)
        self.on_part(wanted.role.rstrip("*"), sum(one.role == MEMBERS[wanted.role] for one in self._known()))
        return news

    def _page(self, path: str) -> dict[str, Any]:
        if not self.expand or "?" in path:
            return self.door.get(path)
        try:
            return self.door.get(path + self.expand)
        except (NotAccepted, Missing):
            self.expand = ""  # promised, but not kept: members one by one
        except HardwareError as error:
            if isinstance(error, TimedOut | AuthRefused) or self.door.is_spent:
                raise
        return self.door.get(path)

    def _known(self) -> Iterable[Resource]:
        return list(self.found.values())


def _by_number(path: str) -> list[tuple[int, str]]:
    """A key that sorts Drives/9 before Drives/10."""
    return [(int(part[:18]) if part.isdecimal() else -1, part) for part in re.split(r"(\d+)", path)]


def _tell_nobody(_name: str, _part: object) -> None:
    """Stand in for a caller that does not want parts as they arrive."""
