"""`python -m app`: the same as the console script `rackside`."""

import sys

from app.cli import main

sys.exit(main())
