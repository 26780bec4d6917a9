"""Analyses take turns: who asked, the place in the queue, and whether it is a large one."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what the queue of analyses goes by; those of deleted runs are no longer waited for."""
    op.execute("ALTER TABLE job ADD COLUMN asked_by VARCHAR(32) DEFAULT '' NOT NULL")
    op.execute("ALTER TABLE job ADD COLUMN queue_seq BIGINT DEFAULT 0 NOT NULL")
    op.execute("ALTER TABLE job ADD COLUMN is_large INTEGER DEFAULT 0 NOT NULL")
    # How large those are that wait already is not known here; enlargements may be.
    op.execute("UPDATE job SET is_large = 1 WHERE kind = 'upsample'")
    op.execute(
        "UPDATE job SET state = 'failed', error_text = 'The run was deleted.' "
        "WHERE state IN ('queued', 'running') "
        "AND run_id IN (SELECT id FROM run WHERE deleted_at IS NOT NULL)"
    )
    op.drop_index("ix_job_queue", "job")
    op.create_index("ix_job_queue", "job", ["state", "is_large", "queue_seq"])
