"""Sweeps and their cells; runs that only measure speed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables of sweeps, and what a run is for."""
    # Never by copying the table: dropping the old copy would delete all rows that refer to it.
    op.execute(
        "ALTER TABLE run ADD COLUMN purpose VARCHAR(16) DEFAULT 'run' NOT NULL "
        "CONSTRAINT ck_run_purpose CHECK (purpose IN ('run', 'probe'))"
    )
    op.create_table(
        "sweep",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(32), nullable=False),
        sa.Column("lab", sa.String(64), server_default="", nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("definition_json", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("deleted_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sweep")),
        sa.UniqueConstraint("uid", name=op.f("uq_sweep_uid")),
    )
    op.create_index(op.f("ix_sweep_lab"), "sweep", ["lab"])
    op.create_table(
        "sweep_cell",
        sa.Column("sweep_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(400), nullable=False),
        sa.Column("settings_json", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sweep_id"],
            ["sweep.id"],
            name=op.f("fk_sweep_cell_sweep_id_sweep"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name=op.f("fk_sweep_cell_run_id_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("sweep_id", "place", name=op.f("pk_sweep_cell")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_sweep_cell_run_id"), "sweep_cell", ["run_id"])
