"""What is read of shutdowns."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.jobs.models import WorkOrder
from app.jobs.models_power import Shutdown
from app.jobs.power_course import UNDER_WAY, Course
from app.jobs.states import OrderState

MOST = 500


def newest_shutdown(session: Session, order_id: int) -> Shutdown | None:
    """The last shutdown that was asked for this order's machine."""
    asked = select(Shutdown).where(Shutdown.order_id == order_id)
    return session.scalars(asked.order_by(Shutdown.asked_at.desc()).limit(1)).first()


def shutdown_under_way(session: Session, asset_id: int) -> Shutdown | None:
    """The shutdown of this machine that is asked for or watched, whatever order asked for it."""
    under_way = select(Shutdown).where(Shutdown.asset_id == asset_id, Shutdown.course.in_(UNDER_WAY))
    return session.scalars(under_way).first()


def watched(session: Session) -> Sequence[str]:
    """Orders whose machine goes down, or went down and has to stay so while hands are in it. Bounded."""
    watched = select(WorkOrder.number).join(Shutdown, Shutdown.order_id == WorkOrder.id)
    goes = Shutdown.course.in_(UNDER_WAY)
    stays = (Shutdown.course == Course.OFF) & (WorkOrder.state == OrderState.WORKING)
    return session.scalars(watched.where(goes | stays).distinct().limit(MOST)).all()
