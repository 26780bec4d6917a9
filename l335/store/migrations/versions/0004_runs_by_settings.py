"""Runs are found by what they share with a specification."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index what equal specifications have in common, the seed last: siblings leave it open."""
    op.create_index("ix_run_settings", "run", ["num_parameters", "total_steps", "seed"])
