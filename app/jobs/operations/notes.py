"""Remarks on an order."""

from __future__ import annotations

from typing import Any

from app.jobs.operations import conversation
from app.jobs.operations.act import Act


def note(act: Act, body: dict[str, Any]) -> None:
    """Write a remark into the record; a public one goes to the customer too."""
    act.stay(why=body["text"], detail={"public": body["public"]})
    if body["public"]:
        conversation.remark(act, body["text"])
