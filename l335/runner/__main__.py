"""``python -m l335.runner``: the runner as the dashboard starts it, settings in ``L335_*``."""

import sys

from l335.core.errors import LabError
from l335.core.settings import Settings
from l335.runner.main import main

try:
    main(Settings(), stays=False)
except LabError as error:
    sys.exit(str(error))
