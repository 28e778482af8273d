"""Arrays of the kernel's software RAID (md).

Sources: md(4) and the kernel's `md_seq_show` (drivers/md/md.c) for /proc/mdstat; mdadm(8), --detail --export. A member
that is marked (F) was thrown out; `[2/1]` are the places and the drives at work in them. An array that is rebuilt says
how far it is; one that is only checked is well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.hardware.diagnostics import Kind, Reading
from app.hardware.facts import Facts, Fault, Meaning, Part
from app.hardware.families.ssh import DEVICE, Command, HostTool, Said, Template
from app.hardware.readings import State

MDSTAT = Command("cat /proc/mdstat")
DETAIL = Template("mdadm --detail --export {device}", {"device": DEVICE}, root=True)
MOST_ARRAYS = 64

HEAD = re.compile(
    r"(md[A-Za-z0-9_-]{1,30}) : (active|inactive|broken)(?: \((?:auto-)?read-only\))*(?: (\w+))?((?: .*)?)"
)
MEMBER = re.compile(r"([A-Za-z0-9_-]{1,32})\[(\d{1,5})\]((?:\([A-Z]\))*)")
PLACES = re.compile(r"\[(\d{1,5})/(\d{1,5})\]")
WORK = re.compile(r"(recovery|resync|reshape|check|repair)\s*=\s*(?:(\d{1,3}\.\d)%|(DELAYED|PENDING|REMOTE))")
FINISH = re.compile(r"finish=(\d{1,9})(?:\.\d)?min")
PARTITION = re.compile(r"((?:nvme\d+n\d+|mmcblk\d+)(?=p\d)|[a-z]+?(?=\d))")
NAMESPACE = re.compile(r"(nvme\d+)n\d+")
WITHOUT_REDUNDANCY = frozenset({"raid0", "linear"})


@dataclass(frozen=True, slots=True)
class Array:
    """One array as mdstat tells it. `work` is what goes on in it, in words; `places` and `present` count drives."""

    name: str
    active: bool
    level: str
    members: tuple[tuple[str, str], ...]  # device and its flags, such as (F)
    places: int | None = None
    present: int | None = None
    work: str | None = None
    rebuilds: bool = False
    percent: float | None = None


def arrays_of(text: str) -> tuple[Array, ...]:
    """The arrays of a /proc/mdstat. What does not look like one is left out."""
    blocks: list[list[str]] = []
    for line in text.splitlines():
        if HEAD.fullmatch(line.rstrip()):
            blocks.append([line.rstrip()])
        elif blocks and line.startswith(" "):
            blocks[-1].append(line)
    return tuple(_array(block[0], "\n".join(block[1:])) for block in blocks[:MOST_ARRAYS])


def _array(head: str, rest: str) -> Array:
    match = HEAD.fullmatch(head)
    assert match is not None  # it began the block
    first, others = match[3] or "", match[4] or ""
    is_level = bool(re.fullmatch(r"raid\d+|linear|multipath|faulty|container", first))
    found = MEMBER.findall(others if is_level else f"{head.partition(':')[2]}")
    members = tuple((device, flags) for device, _number, flags in found)
    places, work, finish = PLACES.search(rest), WORK.search(rest), FINISH.search(rest)
    return Array(
        match[1],
        match[2] == "active",
        first if is_level else "",
        members,
        int(places[1]) if places else None,
        int(places[2]) if places else None,
        _work(work, finish[1] if finish else None) if work else None,
        work is not None and work[1] in {"recovery", "reshape"},
        float(work[2]) if work and work[2] else None,
    )


def _work(work: re.Match[str], minutes: str | None) -> str:
    doing = {"recovery": "rebuilding", "reshape": "reshaping", "resync": "resyncing", "check": "checking"}
    done = f"{work[2]} %" if work[2] else "waiting for its turn"
    left = f", about {minutes} min left" if minutes else ""
    return f"{doing.get(work[1], 'repairing')} ({done}{left})"


def each_array(said: Said) -> Iterator[Command]:
    """One command for every array."""
    for array in arrays_of(said.text(MDSTAT)):
        command = DETAIL.filled(array.name, device=f"/dev/{array.name}")
        if command is not None:
            yield command


def read_arrays(said: Said) -> Facts:
    """Every array and what it says of its drives."""
    parts: list[Part] = []
    readings: list[Reading] = []
    for array in arrays_of(said.text(MDSTAT)):
        members = frozenset(disk_of(device) for device, _flags in array.members)
        seen = [said.seen(meaning_of(array), f"/proc/mdstat {array.name}")]
        seen += [said.seen(meaning, f"mdadm {array.name}") for meaning in _exported(array, said)]
        parts.append(
            Part(
                Kind.RAID_VOLUME,
                array.name,
                None,
                tuple(seen),
                explained_by=frozenset({Kind.DRIVE}),
                members=members,
            )
        )
        out = Meaning(State.CRITICAL, f"{array.name} has thrown it out and is {meaning_of(array).words}", Fault.FAILED)
        parts += [
            Part(Kind.DRIVE, disk_of(device), None, (said.seen(out, f"/proc/mdstat {device}(F)"),))
            for device, flags in array.members
            if "(F)" in flags
        ]
        if array.percent is not None:
            name = f"{array.name} {(array.work or '').partition(' ')[0]}"
            readings.append(said.reading("progress", name, array.percent, "%", array.name))
    return Facts(parts=tuple(parts), readings=tuple(readings))


def meaning_of(array: Array) -> Meaning:
    """The state of an array: by its places and the drives at work in them."""
    if not array.active:
        if array.level or not array.members or not all("(S)" in flags for _device, flags in array.members):
            return Meaning(State.CRITICAL, "not running", Fault.FAILED)
        return Meaning(State.UNKNOWN, "not started: all its drives stand by")
    failed = any("(F)" in flags for _device, flags in array.members)
    doing = f", {array.work}" if array.work else ""
    if array.places is not None and array.present is not None and array.present < array.places:
        count = f"{array.present} of {array.places} drives at work"
        if array.rebuilds:
            return Meaning(State.WARNING, f"degraded, {count}{doing}", Fault.REBUILDING)
        return Meaning(State.WARNING, f"degraded, {count}{doing}", Fault.ARRAY_DEGRADED)
    if failed:
        lost = array.level in WITHOUT_REDUNDANCY
        state = State.CRITICAL if lost else State.WARNING
        return Meaning(state, "a drive of it has failed", Fault.FAILED if lost else Fault.ARRAY_DEGRADED)
    return Meaning(State.OK, f"all drives at work{doing}", Fault.REBUILDING if array.rebuilds else None)


def _exported(array: Array, said: Said) -> Iterable[Meaning]:
    """What mdadm's export adds: how many places it has and how many drives hold one."""
    command = DETAIL.filled(array.name, device=f"/dev/{array.name}")
    text = said.text(command) if command else ""
    pairs = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    places = pairs.get("MD_DEVICES", "")
    if not re.fullmatch(r"\d{1,5}", places, re.ASCII):
        return ()
    held = sum(1 for key, role in pairs.items() if key.endswith("_ROLE") and role.isdecimal())
    if held < int(places) and array.present is not None and array.places is not None and array.present < array.places:
        return (Meaning(State.WARNING, f"{int(places) - held} of {places} places are empty", Fault.ARRAY_DEGRADED),)
    return ()


def disk_of(device: str) -> str:
    """The drive that a member is on: sda1 is on sda, nvme0n1p2 on nvme0."""
    match = PARTITION.match(device) if re.fullmatch(r"(?:sd|hd|vd|xvd)[a-z]+\d+|.*p\d+", device) else None
    return NAMESPACE.sub(r"\1", match[1] if match else device)


FAMILY = HostTool(
    name="linux_md", title="Software RAID (md)", asks=(MDSTAT,), then=each_array, read=read_arrays, optional=True
)
