"""A host without a network: the session that answers what a described host's tools print."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.hardware.collect_host import HostFacts, read_host
from app.hardware.diagnostics import Finding
from app.hardware.facts import Facts, Part, Wiring
from app.hardware.families.ssh import PREFIX
from app.hardware.readings import HostOutput
from app.hardware.rules import judge
from lab.ssh_host import Host, Said
from tests.unit.hardware.answers import NOW


class Prepared:
    """Stands where the SSH session does."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.lines: list[str] = []
        self.remaining_s = 9.0

    def run(
        self,
        lines: Sequence[str],
        within_s: float,  # noqa: ARG002 -- prepared answers take no time
        on_output: Callable[[str], None] | None = None,  # noqa: ARG002 -- nor is there progress to tell
    ) -> dict[str, HostOutput]:
        self.lines += lines
        return {line: self._one(line.removeprefix(PREFIX)) for line in lines}

    def _one(self, line: str) -> HostOutput:
        if line == "id -u":
            return HostOutput(f"{self.host.uid}\n", "", 0)
        bare = line.removeprefix("sudo -n ")
        if line != bare and not self.host.sudo:
            return HostOutput("", "sudo: a password is required\n", 1)
        said = self.host.lines.get(bare)
        if said is None:
            return HostOutput("", f"timeout: failed to run command '{bare}': No such file or directory\n", 127)
        if said.hangs:
            return HostOutput(problem="it did not end in time")
        return HostOutput(said.text, said.errors, said.code)


def read(host: Host) -> HostFacts:
    return read_host(Prepared(host), "ssh", NOW, lambda _part: None)


def facts_of(host: Host) -> Facts:
    return read(host).facts


def findings_of(host: Host, wiring: Wiring | None = None, more: Facts | None = None) -> tuple[Finding, ...]:
    facts = facts_of(host)
    return judge(more or facts, wiring or Wiring(), "SRV-0042")[1]


def part(host: Host, name: str) -> Part:
    (found,) = (one for one in facts_of(host).parts if one.name == name)
    return found


def with_line(host: Host, line: str, text: str) -> Host:
    said = Said(text, root=host.lines[line].root if line in host.lines else False)
    return host.but(**{line: said})
