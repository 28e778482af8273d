"""The completion report: a PDF/A for people that carries the signed record for whoever checks."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader

from app.jobs import cli_verify, completion
from tests.integration.conftest import Program
from tests.integration.jobs.conftest import Hall
from tests.integration.jobs.test_parts import swapped
from tests.unit.jobs.disk_samples import server_with_drives

try:
    from weasyprint import HTML
except OSError:
    pytest.skip("needs Debian package libpangoft2-1.0-0", allow_module_level=True)


@pytest.fixture
def number(hall: Hall) -> str:
    """A drive was swapped, photographed and confirmed."""
    done = swapped(hall)
    hall.answer(server_with_drives())
    image = io.BytesIO()
    Image.new("RGB", (320, 240), "#3a4650").save(image, "JPEG")
    sent = hall.programs["tess"]
    headers = {"Authorization": f"Bearer {sent.token}", "Content-Type": "image/jpeg"}
    kept = sent.client.post(f"/api/v1/work-orders/{done}/photos", data=image.getvalue(), headers=headers)
    assert kept.status_code == 201
    hall.act("lena", done, "confirmation", decision="confirmed", why="thanks")
    return done


def test_photos_before_and_after_stand_side_by_side_and_words_where_one_lacks(hall: Hall, tmp_path: Path) -> None:
    done = swapped(hall)
    image = io.BytesIO()
    Image.new("RGB", (320, 240), "#741c31").save(image, "JPEG")
    sender = hall.programs["tess"]
    headers = {"Authorization": f"Bearer {sender.token}", "Content-Type": "image/jpeg"}
    address = f"/api/v1/work-orders/{done}/photos?step=photo_before"
    assert sender.client.post(address, data=image.getvalue(), headers=headers).status_code == 201
    pdf = PdfReader(io.BytesIO(fetched(hall.programs["max"], done)))
    text = " ".join(" ".join(page.extract_text() for page in pdf.pages).split())
    assert "Before After Take a photo of all bays ·" in text
    assert "No photo after the work was taken." in text
    assert len({image.data for page in pdf.pages for image in page.images}) == 1


def fetched(reader: Program, number: str) -> bytes:
    response = reader.get(f"/orders/{number}/completion-report")
    assert (response.status_code, response.mimetype) == (200, "application/pdf")
    drawn: bytes = response.data
    return drawn


@pytest.fixture
def report(hall: Hall, number: str, tmp_path: Path) -> Path:
    """The report as a file."""
    file = tmp_path / f"{number}.pdf"
    file.write_bytes(fetched(hall.programs["max"], number))
    return file


def test_it_tells_what_was_done_and_is_archivable(report: Path, number: str) -> None:
    pdf = PdfReader(report)
    text = " ".join(page.extract_text() for page in pdf.pages)
    for words in (
        number,
        "SRV-1",
        "ZC0003",
        "NEW-1",
        "Completion report",
        "Put on the ESD strap",
        "confirmation",
        "Repaired",
    ):
        assert words in text
    assert len({image.data for page in pdf.pages for image in page.images}) == 1
    about = pdf.xmp_metadata
    assert about is not None
    told = about.stream.get_data().decode()
    assert 'pdfaid:part="3"' in told or "<pdfaid:part>3</pdfaid:part>" in told


def test_the_record_inside_is_signed_and_holds(report: Path, number: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli_verify.main([str(report)]) == 0
    assert "the record holds" in capsys.readouterr().out
    inside = completion.record_in(report.read_bytes())
    assert isinstance(inside, dict)
    assert inside["work_order"]["number"] == number
    assert cli_verify.main([str(report), "--key", inside["signature"]["public_key"]]) == 0
    assert cli_verify.main([str(report), "--key", "00" * 32]) == 1


def test_a_record_that_was_changed_is_found(report: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inside = json.loads(json.dumps(completion.record_in(report.read_bytes())))
    inside["events"][2]["by"] = "somebody"
    report.write_bytes(completion.pdf("<title>x</title>", inside))
    assert cli_verify.main([str(report)]) == 1
    told = capsys.readouterr().out
    assert "hash chain breaks at event 3" in told
    assert "signature does not fit" in told


def test_another_pdf_is_no_report(tmp_path: Path) -> None:
    other = tmp_path / "other.pdf"
    other.write_bytes(HTML(string="<title>x</title>").write_pdf())
    torn = tmp_path / "torn.pdf"
    torn.write_bytes(b"%PDF-1.7\nnothing follows")
    for file in (other, torn):
        with pytest.raises(SystemExit) as refused:
            cli_verify.main([str(file)])
        assert refused.value.code == 64


def test_nothing_is_fetched_while_it_is_drawn() -> None:
    drawn = completion.pdf('<title>x</title><img src="http://127.0.0.1:9/x"><img src="file:///etc/hostname">', {})
    assert not any(page.images for page in PdfReader(io.BytesIO(drawn)).pages)


def test_a_machine_without_pango_gives_the_same_report_as_a_page_and_says_so(
    hall: Hall, number: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "weasyprint.py").write_text("raise OSError('cannot load library libpango-1.0-0')")
    monkeypatch.delitem(sys.modules, "weasyprint")
    monkeypatch.syspath_prepend(tmp_path)
    response = hall.programs["max"].get(f"/orders/{number}/completion-report")
    assert (response.status_code, response.mimetype) == (200, "text/html")
    assert "This machine has no Pango" in response.text
    assert "ZC0003" in response.text


def test_there_is_none_before_the_work_is_done_nor_for_another_site(hall: Hall, number: str) -> None:
    begun = str(hall.order(asset="SRV-2")["number"])
    assert hall.programs["max"].get(f"/orders/{begun}/completion-report").status_code == 409
    assert hall.programs["mia"].get(f"/orders/{number}/completion-report").status_code == 404
