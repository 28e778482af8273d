"""`python -m app.core.postgres_server FOLDER [--scratch]`: the supervisor; started by `running`, not by people."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from app.core.errors import AppError
from app.core.postgres_server.supervisor import supervise

if __name__ == "__main__":
    try:
        sys.exit(supervise(Path(sys.argv[1]), durable="--scratch" not in sys.argv))
    except AppError as error:
        sys.exit(error.detail)  # into FOLDER/log, where the user of the database finds it
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)  # the program has said why in the same place
