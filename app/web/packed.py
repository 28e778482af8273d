"""Static files leave the server as the build packed them, where the browser takes them so."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from apiflask import APIFlask
from flask import Response, request
from werkzeug.security import safe_join

PACKED: Final = ".gz"


class Application(APIFlask):
    """APIFlask whose static files are packed already: nothing is compressed while a tablet waits."""

    def send_static_file(self, filename: str) -> Response:
        """The file, or the same packed (its type and `Content-Encoding` follow from its name)."""
        path = safe_join(self.static_folder or "static", f"{filename}{PACKED}")
        if path is None or not Path(path).is_file():
            return super().send_static_file(filename)
        taken = request.accept_encodings.quality("gzip") > 0
        response = super().send_static_file(f"{filename}{PACKED}" if taken else filename)
        response.vary.add("Accept-Encoding")
        return response
