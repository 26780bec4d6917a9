"""One lab for the projector: large, without frame, moved by keys."""

from l335.ui.lecture import lecture
from l335.web.current import current_lab

lecture(current_lab())
