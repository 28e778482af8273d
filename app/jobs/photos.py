"""Pictures of an order: only real images, re-encoded here, so that nothing else can hide in them."""

from __future__ import annotations

import hashlib
import io
import warnings
from datetime import datetime
from uuid import uuid4

from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy.orm import Session

from app.core.errors import Invalid
from app.jobs.models import Photo, WorkOrder

LONGEST_BYTES = 15 * 1024 * 1024
MOST_PIXELS = 50_000_000
EDGE = 2048
FORMATS = ("JPEG", "PNG", "WEBP")


def keep(session: Session, order: WorkOrder, data: bytes, *, by: str, step_key: str | None, now: datetime) -> Photo:
    """Re-encode a picture (position and maker's notes are gone with that) and bind it to the order.

    Raises Invalid for what is no JPEG, PNG or WebP, is broken, or is larger than 15 MB or 50 million pixels.
    """
    image = reencode(data)
    photo = Photo(
        id=uuid4(), order_id=order.id, step_key=step_key, taken_by=by, at=now, image=image, media_type="image/jpeg",
        sha256=hashlib.sha256(image).hexdigest(),
    )  # fmt: skip
    session.add(photo)
    session.flush()
    return photo


def reencode(data: bytes) -> bytes:
    """A JPEG of at most 2048 pixels an edge, upright, without metadata."""
    if not data or len(data) > LONGEST_BYTES:
        raise Invalid("invalid_image", "A photo is at most 15 MB and not empty.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
                if opened.width * opened.height > MOST_PIXELS:
                    raise Invalid("invalid_image", "The photo has more than 50 million pixels.")
                upright = ImageOps.exif_transpose(opened).convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombWarning) as error:
        raise Invalid("invalid_image", "This is no picture: send a JPEG, PNG or WebP.") from error
    upright.thumbnail((EDGE, EDGE))
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=82)
    return out.getvalue()
