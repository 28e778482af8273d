"""What no page waits for: templates compiled and memory sorted out once the server stands, garbage between pages."""

from __future__ import annotations

import gc
import itertools
import threading
from typing import Final

from flask import Flask

YOUNG: Final = 10_000  # more new objects than old ones gone: a page makes some thousands and drops them
OLDER: Final = 20  # looks at the young between two looks at the older
MIDDLE, ALL = 100, 10_000  # so many requests between looks at what outlived one, and at everything

_requests = itertools.count(1)


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


def tidy() -> None:
    """Look for garbage now that an answer has left: some hundred objects a page, a tenth of a millisecond.

    Left to its threshold the collector would look in the middle of every thirtieth page, which waited 4 ms for it.
    The threshold stays for what a single request makes.
    """
    request = next(_requests)
    gc.collect(2 if request % ALL == 0 else 1 if request % MIDDLE == 0 else 0)
