"""A stop goes on record: nothing moved on, and whoever looks sees why."""

from __future__ import annotations

from typing import Any

from app.jobs.models import WorkOrder
from app.jobs.operations.act import Act
from app.jobs.states import OrderState
from app.jobs.stops import Stop


def record_stop(act: Act, stop: Stop, *, to: OrderState | None = None, seen: dict[str, Any] | None = None) -> None:
    """Keep the stop on the order and as an event; the state stays unless `to` says otherwise."""
    order = act.order
    act.session.flush()  # one change from here on: the version that the stop is known by
    order.stop = {**stop.to_dict(by=act.by, at=act.at), "version": order.version + 1}
    detail = {"stopped": True, "guard": str(stop.guard), "expected": stop.expected, "found": stop.found}
    act.leave(to or OrderState(order.state), why=" ".join(stop.why), detail={**detail, "seen": seen or {}})


def stopped_now(order: WorkOrder) -> dict[str, Any] | None:
    """The stop that is the last thing that happened to this order, if it is."""
    stop = order.stop
    return stop if stop is not None and stop["version"] == order.version else None
