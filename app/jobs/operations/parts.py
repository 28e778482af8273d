"""Where the parts of a job go: what was put in is no spare any more, what came out is in somebody's hands."""

from __future__ import annotations

from app.hardware.operations.assets import part_replaced
from app.jobs.kinds import KINDS
from app.jobs.models import WorkOrder
from app.jobs.operations.act import Act, flag
from app.jobs.rules import same_code
from app.parts import operations
from app.parts.states import PartKind


def hand_over_parts(act: Act, removed: str | None, installed: str | None) -> None:
    """Record the serials of a report with the spares and the removed parts of the site."""
    order = act.order
    if removed or installed:
        part_replaced(
            act.session, order.asset, kind=_kind_of(order, removed or "").words, where=order.target, removed=removed,
            installed=installed, order=order.number, by=act.by, now=act.at,
        )  # fmt: skip
    if installed and (
        told := operations.install(act.session, order.site, installed, order.number, by=act.by, now=act.now)
    ):
        flag(order, told)
    if removed:
        operations.take_in(
            act.session, order.site, kind=_kind_of(order, removed), serial=removed, order_number=order.number,
            asset_tag=order.asset.tag, bay=order.target, by=act.by, now=act.at,
        )  # fmt: skip


def _kind_of(order: WorkOrder, serial: str) -> PartKind:
    """What the machine said the part was, else what such a job takes out."""
    known = set(PartKind)
    inside = (order.before_document or {}).get("components", [])
    told = [part["kind"] for part in inside if same_code(part.get("serial"), serial) and part["kind"] in known]
    mends = [kind for kind in KINDS[order.job_kind].finding_kinds if kind in known]
    kinds = told[:1] or (mends if len(mends) == 1 else [])
    return PartKind(kinds[0]) if kinds else PartKind.OTHER
