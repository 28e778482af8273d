"""The key pair of a site: the public half for everybody who enters credentials, the private one for its worker."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.core.events import record
from app.hardware.sealing import key_file, new_site_key, public_half, read_key, write_key
from app.sites.models import Site


def create_site_key(session: Session, site: Site, folder: Path, *, by: str, now: datetime, lost: bool = False) -> Path:
    """Give a site its key; the private half is kept in `folder` on this machine, where the site's worker runs.

    A private key that lies here already is used, never overwritten. Raises Conflict when the site has another key,
    unless that one is `lost`: then every credential sealed to it must be entered again.
    """
    session.execute(select(Site.id).where(Site.id == site.id).with_for_update(key_share=True))
    path = key_file(folder, site.code)
    public = public_half(read_key(folder, site.code)) if path.exists() else None
    if site.public_key is not None and site.public_key == public:
        return path
    if site.public_key is not None and not lost:
        raise Conflict(
            "site_has_key",
            f"Site {site.code} has a key already: copy {path.name} from the machine that holds it to {path}. "
            "If it is lost, say --lost; all credentials of the site must then be entered again.",
        )
    if public is None:
        public, private = new_site_key()
        write_key(folder, site.code, private)
    site.public_key = public
    record(session, f"site:{site.code}", now=now, by=by, verb="key", why="the key was lost" if lost else None)
    return path
