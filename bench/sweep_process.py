"""One sweep of one site in a process of its own, as a worker makes it: `python -m bench.sweep_process URL SITE KEYS`.

Prints one line: devices asked, those that did not stay silent, seconds, and the process's peak of memory in MiB.
"""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from app.core.database import bare_app, transaction
from app.hardware.models import Asset, AssetSweep
from app.hardware.sweeping import sweep_site


def peak_kib() -> int:
    """The most memory that this program has had; getrusage would tell the parent's where that was larger."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def main(url: str, site: str, keys: str) -> int:
    """Exit 0 when the sweep came to its end."""
    began = time.monotonic()
    app = bare_app(url)
    ended = sweep_site(app, site, keys=Path(keys), every=timedelta(0))
    if ended is None:
        return 1
    peak_mib = peak_kib() / 1024
    told = select(func.count()).select_from(AssetSweep).join(Asset).where(Asset.site_id == ended.site_id)
    with app.app_context(), transaction() as session:
        answered = session.scalar(told.where(AssetSweep.is_silent.is_(False)))
    print(ended.assets, answered, f"{time.monotonic() - began:.2f} {peak_mib:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
