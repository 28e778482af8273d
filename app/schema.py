"""Every table of the product, imported once so that migrations and tests see the whole schema."""

from __future__ import annotations

from app.core import events, idempotency
from app.core.database import Base
from app.hardware import models as hardware
from app.jobs import models as jobs
from app.jobs import models_conflict as conflicts
from app.jobs import models_power as jobs_power
from app.jobs import models_procedure as procedures
from app.jobs import models_ring as rings
from app.parts import models as parts
from app.people import models as people
from app.shifts import models as shifts
from app.sites import models as sites
from app.tickets import models as tickets

PACKAGES = (
    events, idempotency, sites, people, shifts, hardware, tickets, parts, jobs, conflicts, procedures, jobs_power,
    rings,
)  # fmt: skip
metadata = Base.metadata
