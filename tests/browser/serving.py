"""The application behind a real address, for pages in a browser."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.serving import ThreadedWSGIServer, make_server

from app.core.clock import true_now
from app.core.database import transaction
from app.people.operations import accounts
from app.people.queries import person_named
from app.web.stream import exchange_of
from tests.integration.conftest import PASSWORD
from tests.integration.jobs.conftest import Hall

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from playwright.sync_api import Page

OpenPage = Callable[..., "Page"]


@contextmanager
def serving(app: Flask, outer: WSGIApplication | None = None) -> Iterator[str]:
    """Serve the app (through `outer`, where given) on a free port of 127.0.0.1 while the block runs; gives the address.

    Threads as in production: each open page holds one for its stream. The end waits for what is in flight, since pages
    read ahead until they are closed. No page is let in before the streams are ended: it would open its own again.
    """
    server = make_server("127.0.0.1", 0, outer or app, threaded=True)
    assert isinstance(server, ThreadedWSGIServer)
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, daemon=True)  # closes the server at its end
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        exchange_of(app).close()
        thread.join(30)
        assert not thread.is_alive(), "a request of the test still runs"


@dataclass
class Served:
    """The hall behind a real address."""

    hall: Hall
    url: str
    known: set[str] = field(default_factory=set)

    def sign_in(self, page: Page, name: str, then: str = "/day") -> Page:
        """Sign in on this page and go there."""
        if name not in self.known:
            self.known.add(name)
            with self.hall.app.app_context(), transaction() as session:
                accounts.set_password(session, person_named(session, name), PASSWORD, by="test", now=true_now())
        page.goto(f"{self.url}/sign-in?next={then}")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"**{then}")
        return page
