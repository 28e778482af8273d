"""Messages as JSON lines into a file or the log: the ticket system of development and of the demo."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from app.core.clock import utc_text
from app.tickets.system import Capability, Outbound, Outcome, Postponed, Sent

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Console:
    """Appends one line per message to the file `path`; without a path it goes to the log."""

    name: ClassVar[str] = "console"
    capabilities: ClassVar[frozenset[Capability]] = frozenset({Capability.PUBLIC_REPLY, Capability.INTERNAL_NOTE})

    path: Path | None = None

    def send(self, message: Outbound, now: datetime) -> Outcome:
        """Write the line; a full disk or a missing folder postpones it."""
        line = json.dumps({"sent_at": utc_text(now), **message.form()}, ensure_ascii=False)
        if self.path is None:
            log.info("message %s", line)
        else:
            try:
                _append(self.path, line)
            except OSError as error:
                return Postponed(f"{self.path} cannot be written: {error.strerror}")
        return Sent(f"console {message.id}")


def _append(path: Path, line: str) -> None:
    """One write of one whole line, so that two workers never mix theirs."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, f"{line}\n".encode())
    finally:
        os.close(file)


SYSTEM = Console
