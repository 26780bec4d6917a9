"""``python -m l335.runner``: the runner as the dashboard starts it, settings in ``L335_*``."""

from l335.runner.main import main
from l335.settings import Settings

main(Settings(), stays=False)
