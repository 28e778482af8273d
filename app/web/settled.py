"""What the server does once it stands, so that no page waits for it: templates compiled, memory sorted out."""

from __future__ import annotations

import gc
import threading
from typing import Final

from flask import Flask

YOUNG: Final = 10_000  # more new objects than old ones gone: a page makes some thousands and drops them
OLDER: Final = 20  # looks at the young between two looks at the older


def settle(app: Flask) -> None:
    """Begin, beside the first requests."""
    threading.Thread(target=_settle, args=(app,), name="settling", daemon=True).start()


def _settle(app: Flask) -> None:
    with app.app_context():
        for name in app.jinja_env.list_templates():
            app.jinja_env.get_template(name)
    gc.collect()
    gc.freeze()  # what stands now stands until the end: no collection looks at it again
    gc.set_threshold(YOUNG, OLDER, OLDER)
