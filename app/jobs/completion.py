"""The completion report of an order: one page for people, and inside it the signed record for whoever checks.

PDF/A-3 by WeasyPrint; where the machine lacks Pango, the same page as HTML. Nothing is fetched while it is made.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from app.core.errors import Invalid, Unavailable
from app.jobs.models import Photo

RECORD: Final = "record.json"
STYLE: Final = """
@page { size: A4; margin: 18mm 16mm 20mm;
  @bottom-right { content: counter(page) " / " counter(pages); font-size: 8pt } }
html { font: 10pt/1.4 sans-serif; color: #12181d }
h1 { font-size: 17pt; margin: 0 } h2 { font-size: 12pt; margin: 14pt 0 4pt; break-after: avoid }
table { width: 100%; border-collapse: collapse } caption { display: none }
th, td { text-align: left; vertical-align: top; padding: 2.5pt 6pt 2.5pt 0; border-bottom: .5pt solid #b6c0c6 }
tr { break-inside: avoid } .small { font-size: 8pt; color: #45525a } .mono { font-family: monospace }
svg { width: 9pt; height: 9pt } .mark { padding-right: 3pt } .visually-hidden { display: none }
.diff { list-style: none; padding: 0 }
.photos { display: flex; flex-wrap: wrap; gap: 4mm; padding: 0; list-style: none }
.photos li { width: 85mm; break-inside: avoid } .photos img { width: 85mm }
.pair { table-layout: fixed; break-inside: avoid } .pair img { width: 100% }
.pair th, .pair td { width: 50%; border: 0 }
"""


def pdf(page: str, record: Mapping[str, Any]) -> bytes:
    """The page as PDF/A-3b with the signed record attached as `record.json`. About a second; the first one three.

    Raises Unavailable where the machine lacks what it is drawn with.
    """
    try:
        from weasyprint import CSS, HTML, Attachment  # noqa: PLC0415 -- it loads Pango, which few need
        from weasyprint.urls import URLFetcher  # noqa: PLC0415 -- the same
    except OSError as error:
        raise Unavailable("no_pdf", "This machine has no Pango, which draws PDF files.") from error
    inside = Attachment(string=json.dumps(record), name=RECORD, description="The signed record", relationship="Data")
    drawn: bytes | None = HTML(string=page, url_fetcher=URLFetcher(allowed_protocols=("data",))).write_pdf(
        stylesheets=[CSS(string=STYLE)], pdf_variant="pdf/a-3b", attachments=[inside], optimize_images=True, dpi=150
    )
    assert drawn is not None
    return drawn


def record_in(file: bytes) -> object:
    """What a report carries for `rackside verify`; raises Invalid when it is no report of ours."""
    try:
        inside = PdfReader(io.BytesIO(file)).attachments.get(RECORD) or []
        return json.loads(inside[0])
    except (PyPdfError, LookupError, ValueError, RecursionError) as error:
        raise Invalid("invalid", "The file is a PDF, but no completion report: no record is inside.") from error


def pictures(photos: Sequence[Photo]) -> dict[UUID, str]:
    """Each photo's picture as an address that holds it, so that nothing is fetched."""
    return {one.id: f"data:{one.media_type};base64,{base64.b64encode(one.image).decode()}" for one in photos}
