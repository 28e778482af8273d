"""The entry script, with stand-ins for the installers: where it may be called from, what it installs, and when."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "rackside"
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-uv.lock", "requirements-node.lock")
TOOLS = ("sh", "dirname", "readlink", "cmp", "cp", "rm", "cat", "mkdir", "find", "chmod", "sleep")

# The application's interpreter: pip brings "uv", uv counts its runs, everything else is told.
APPLICATION = """#!/bin/sh
case "$*" in
*pip*--target*)
    for target; do :; done
    mkdir -p "$target/bin"
    printf '#!/bin/sh\\nsleep 0.2\\necho "$@" >>"%s/synced"\\n' "$CHECKOUT" >"$target/bin/uv"
    chmod +x "$target/bin/uv" ;;
*"pip install"*) echo "$@" >>"$CHECKOUT/by-pip" ;;
*) echo "$PWD|$PYTHONPATH|$RACKSIDE_INSTANCE|$*" ;;
esac
"""
# The machine's interpreter: makes a .venv that holds the one above, and locks as the real one does.
MACHINE = """#!/bin/sh
case "$*" in
*"-m venv"*)
    for venv; do :; done
    rm -rf "$venv"; mkdir -p "$venv/bin"
    cat >"$venv/bin/python" <"$CHECKOUT/application"
    chmod +x "$venv/bin/python" ;;
*) exec {python} "$@" ;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose path has spaces, and a folder of programs beside it that has nothing else."""
    root = tmp_path / "a check out"
    programs = tmp_path / "programs"
    root.mkdir()
    programs.mkdir()
    shutil.copy2(SCRIPT, root / "rackside")
    for lock in LOCKS:
        (root / lock).write_text(f"{lock}==1\n")
    (root / "application").write_text(APPLICATION)
    for tool in TOOLS:
        (programs / tool).symlink_to(shutil.which(tool) or f"/bin/{tool}")
    program(programs / "python3", MACHINE.format(python=sys.executable))
    return root


def program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def start(checkout: Path, *words: str, cwd: str = "/", script: Path | None = None) -> subprocess.Popen[str]:
    environment = {"PATH": str(checkout.parent / "programs"), "CHECKOUT": str(checkout), "HOME": str(checkout.parent)}
    return subprocess.Popen(
        [script or checkout / "rackside", *words],
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(checkout: Path, *words: str, cwd: str = "/", script: Path | None = None) -> tuple[int, str, str]:
    with start(checkout, *words, cwd=cwd, script=script) as process:
        out, err = process.communicate(timeout=30)
    return process.returncode, out, err


def test_it_hands_over_from_anywhere_with_the_callers_folder_kept(checkout: Path, tmp_path: Path) -> None:
    link = tmp_path / "elsewhere" / "rk"
    link.parent.mkdir()
    link.symlink_to(os.path.relpath(checkout / "rackside", link.parent))
    status, out, _ = run(checkout, "probe", "a target.json", cwd=str(link.parent), script=link)
    assert status == 0
    assert out == f"{link.parent}|{checkout}|{checkout}/instance|-P -m app probe a target.json\n"


def test_second_start_installs_nothing_and_says_nothing(checkout: Path) -> None:
    assert "installing" in run(checkout, "window")[2]
    assert run(checkout, "window")[2] == ""
    assert len((checkout / "synced").read_text().splitlines()) == 1


def test_changed_lock_is_installed_again(checkout: Path) -> None:
    run(checkout, "window")
    (checkout / "requirements.lock").write_text("requirements.lock==2\n")
    assert "installing" in run(checkout, "window")[2]


def test_only_tests_bring_the_tools_of_development(checkout: Path) -> None:
    run(checkout, "demo")
    run(checkout, "test")
    run(checkout, "demo")  # and it keeps them
    locks = [line.rpartition("/")[2] for line in (checkout / "synced").read_text().splitlines()]
    assert locks == ["requirements.lock", "requirements-dev.lock"]


def test_simultaneous_first_starts_install_once(checkout: Path) -> None:
    started = [start(checkout, "window") for _ in range(4)]
    for process in started:
        with process:
            process.communicate(timeout=30)
            assert process.returncode == 0
    assert len((checkout / "synced").read_text().splitlines()) == 1


def test_interrupted_installation_is_done_again(checkout: Path) -> None:
    run(checkout, "window")
    (checkout / ".venv" / "requirements.lock").unlink()  # written last
    (checkout / ".venv" / "made").unlink()
    assert "installing" in run(checkout, "window")[2]
    assert run(checkout, "window")[2] == ""


def test_pip_steps_in_where_uv_fails(checkout: Path) -> None:
    run(checkout, "window")
    program(checkout / ".venv" / "tools" / "bin" / "uv", "#!/bin/sh\nexit 2\n")
    (checkout / "requirements.lock").write_text("requirements.lock==2\n")
    status, _, err = run(checkout, "window")
    assert status == 0
    assert "pip does it instead" in err
    assert "--require-hashes" in (checkout / "by-pip").read_text()


def test_without_python_an_ordinary_user_reads_the_one_command_to_ask_for(checkout: Path) -> None:
    programs = checkout.parent / "programs"
    program(programs / "python3", "#!/bin/sh\nexit 1\n")
    program(programs / "id", "#!/bin/sh\necho 1000\n")
    program(programs / "apt-get", '#!/bin/sh\ntouch "$CHECKOUT/apt-was-run"\n')
    status, out, err = run(checkout, "window")
    assert (status, out) == (1, "")
    assert "apt-get install -y python3 python3-venv" in err
    assert not (checkout / "apt-was-run").exists()


def test_without_python_root_installs_it(checkout: Path) -> None:
    programs = checkout.parent / "programs"
    (programs / "python3").rename(programs / "waiting")
    program(programs / "id", "#!/bin/sh\necho 0\n")
    program(programs / "apt-get", f'#!/bin/sh\n[ "$1" = update ] || cp "{programs}/waiting" "{programs}/python3"\n')
    status, _, err = run(checkout, "window")
    assert status == 0, err
    assert "installing python3 python3-venv" in err
