"""What the build gives: hashed names, inside the budget, with the same words for times as Python."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.web.components import asset_name, left, relative

ROOT = Path(__file__).parents[2]
DIST = ROOT / "app/web/static/dist"
NOW = datetime(2026, 11, 24, 14, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def built() -> dict[str, str]:
    """The manifest's names; the build itself belongs to the entry point, and to `node build.mjs`."""
    if not (DIST / "manifest.json").exists():
        pytest.skip("needs the built assets (node build.mjs)")
    files: dict[str, str] = json.loads((DIST / "manifest.json").read_text("utf-8"))["files"]
    return files


def gzipped(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9))


def test_styles_and_scripts_stay_inside_their_budget(built: dict[str, str]) -> None:
    styles = sum(gzipped(DIST / name) for name in built.values() if name.endswith(".css"))
    scripts = sum(gzipped(path) for path in DIST.glob("*.js") if path.name != built["htmx.js"])
    assert styles <= 15_000
    assert scripts <= 40_000


def test_every_asset_carries_the_hash_of_its_content(built: dict[str, str]) -> None:
    for name, hashed in built.items():
        assert hashed != name
        assert asset_name(DIST, name) == hashed
        assert (DIST / hashed).exists()


def test_every_text_stands_packed_beside_itself_and_nothing_packed_is_left_over(built: dict[str, str]) -> None:
    packed = {path.name.removesuffix(".gz"): gzip.decompress(path.read_bytes()) for path in DIST.glob("*.gz")}
    texts = [
        path for path in DIST.iterdir() if path.suffix in {".js", ".css", ".svg", ".wasm"} and path.name != "sw.js"
    ]
    assert packed == {path.name: path.read_bytes() for path in texts}
    assert {built["main.js"], built["main.css"]} <= packed.keys()


def test_an_asset_that_nobody_built_keeps_its_plain_name(tmp_path: Path) -> None:
    assert asset_name(tmp_path, "main.js") == "main.js"


def test_the_browser_counts_times_in_the_same_words_as_the_page() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs Debian package nodejs")
    spans = [0, 0.4, 1, 59, 60, 61, 3599, 3600, 3661, 6720, 86_399, 86_400, 172_800, 900_000]
    signed = [sign * span for span in spans for sign in (1, -1)]
    program = (
        "import {relative, left} from './app/web/assets/js/relative-time.js';"
        f"console.log(JSON.stringify({json.dumps(signed)}.map(s => [relative(s * 1000, 0), left(s * 1000, 0)])))"
    )
    answer = subprocess.run(
        [node, "--input-type=module", "-e", program], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True
    )
    here = [[relative(NOW + timedelta(seconds=s), NOW), left(NOW + timedelta(seconds=s), NOW)] for s in signed]
    assert json.loads(answer.stdout) == here
