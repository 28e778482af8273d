"""The web server looks after the workers too: when all of them have stopped, somebody must still say so."""

from __future__ import annotations

import threading
import time
from typing import Final

from flask import Flask

from app.core.chores import do
from app.jobs.tasks_alerts import chores

TURN_S: Final = 15.0


def watch(app: Flask) -> None:
    """Start looking, in a thread that ends with the process."""
    threading.Thread(target=_keep_watching, args=(app,), name="watch over workers", daemon=True).start()


def _keep_watching(app: Flask) -> None:
    while True:
        time.sleep(TURN_S)
        for chore in chores():
            do(app, chore)
