"""One lab for the projector: large, without frame, moved by keys."""

from l335.service.current import current_lab
from l335.ui.lecture import lecture

lecture(current_lab())
