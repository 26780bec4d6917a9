"""Artifacts may be snapshots of a run."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Widen the rule on ``artifact.kind``; SQLite can only do that by copying the table."""
    with op.batch_alter_table("artifact") as table:
        table.drop_constraint(op.f("ck_artifact_kind"), type_="check")
        table.create_check_constraint(
            op.f("ck_artifact_kind"), "kind IN ('preview', 'snapshot', 'product', 'image')"
        )
    # The copy keeps the index, but not on every version its condition.
    op.drop_index("ix_artifact_image", "artifact")
    op.create_index(
        "ix_artifact_image",
        "artifact",
        ["sha256"],
        unique=True,
        sqlite_where=sa.text("kind = 'image'"),
        postgresql_where=sa.text("kind = 'image'"),
    )
