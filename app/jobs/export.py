"""One order as a file that anybody can check: its form, its record, and a signature over both."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import rfc8785
from nacl.encoding import HexEncoder
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey
from sqlalchemy.orm import Session

from app.core import events
from app.core.access import Principal
from app.core.chain import first_break
from app.jobs import queries
from app.jobs.models import WorkOrder
from app.jobs.outward import order_form
from app.jobs.queries_machine import diagnoses_for

FORMAT = "rackside.work-order/1"
ALGORITHM = "ed25519"


def export_of(session: Session, order: WorkOrder, principal: Principal, instance: Path) -> dict[str, Any]:
    """The signed export of an order as this person sees it (five queries)."""
    newest = queries.latest_diagnostics(session, {order.asset_id}).get(order.asset_id)
    form = order_form(order, principal, latest=newest, diagnosis=diagnoses_for(session, [order]).get(order.id))
    told = [event.form() for event in events.history(session, order.number)]
    return signed_export(form, told, signing_key(instance))


def signed_export(order: Mapping[str, Any], events: Sequence[Mapping[str, Any]], key: SigningKey) -> dict[str, Any]:
    """The export of an order; the signature covers the RFC 8785 form of everything else in it."""
    content: dict[str, Any] = {"format": FORMAT, "work_order": dict(order), "events": [dict(event) for event in events]}
    signature = key.sign(rfc8785.dumps(content)).signature.hex()
    public = key.verify_key.encode(HexEncoder).decode()
    return {**content, "signature": {"algorithm": ALGORITHM, "public_key": public, "value": signature}}


def signing_key(folder: Path) -> SigningKey:
    """This installation's key, made at first use (0600 in the instance folder); safe against two at once."""
    path = folder / "signing.key"
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return SigningKey(path.read_bytes(), encoder=HexEncoder)
    key = SigningKey.generate()
    with os.fdopen(file, "wb") as out:
        out.write(key.encode(HexEncoder))
    return key


def problems(content: object, expected_key: str | None = None) -> list[str]:
    """Every reason not to trust a file, as sentences; empty when chain and signature hold.

    Takes an export, the answer of `/work-orders/{number}/events`, or a bare list of events; the latter two carry no
    signature. `expected_key` is the installation's public key (hex): without it, only integrity is proved, not origin.
    """
    told = _events(content)
    if told is None:
        return ["The file holds no events: it is neither an export nor a list of events."]
    found = []
    broken = first_break(told)
    if broken is not None:
        found.append(f"The hash chain breaks at event {broken + 1} of {len(told)}: it or one before it was changed.")
    signature = content.get("signature") if isinstance(content, Mapping) else None
    if signature is not None and isinstance(content, Mapping):
        found += _signature_problems(content, signature, expected_key)
    elif expected_key is not None:
        found.append("The file is not signed.")
    return found


def _events(content: object) -> list[Mapping[str, Any]] | None:
    inside = content if isinstance(content, list) else None
    if isinstance(content, Mapping):
        inside = content.get("events", content.get("items"))
    if not isinstance(inside, list) or not inside or not all(isinstance(event, Mapping) for event in inside):
        return None
    return inside


def _signature_problems(content: Mapping[str, Any], signature: object, expected_key: str | None) -> list[str]:
    if not isinstance(signature, Mapping) or signature.get("algorithm") != ALGORITHM:
        return [f"The signature is not of the kind {ALGORITHM}."]
    public = str(signature.get("public_key"))
    if expected_key is not None and public != expected_key:
        return ["The file was signed with another key than the one expected."]
    try:
        signed = rfc8785.dumps({name: value for name, value in content.items() if name != "signature"})
        VerifyKey(public.encode(), encoder=HexEncoder).verify(signed, bytes.fromhex(str(signature.get("value"))))
    except (BadSignatureError, ValueError, TypeError):
        return ["The signature does not fit the content: something was changed after it was signed."]
    return []
