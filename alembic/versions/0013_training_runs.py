"""Training runs and their curves

Revision 0013, after 0012.
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_TEXT, _TIME = sqlmodel.sql.sqltypes.AutoString, sqlmodel.sql.sqltypes.UTCDateTime


def upgrade() -> None:
    op.create_table(
        "training_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stream_id", sa.Integer(), nullable=False),
        sa.Column("by", _TEXT(length=64), nullable=False),
        sa.Column("reason", _TEXT(length=500), nullable=False),
        sa.Column("recipe", sa.JSON(), nullable=False),
        sa.Column("start_version_id", sa.Integer(), nullable=False),
        sa.Column("status", _TEXT(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("owner", _TEXT(length=64), nullable=True),
        sa.Column("lease_until_at", _TIME(), nullable=True),
        sa.Column("cancelled_by", _TEXT(length=64), nullable=True),
        sa.Column("phase", _TEXT(length=120), nullable=False),
        sa.Column("done", sa.Float(), nullable=False),
        sa.Column("minutes_left", sa.Float(), nullable=True),
        sa.Column("steps_per_s", sa.Float(), nullable=True),
        sa.Column("note", _TEXT(), nullable=True),
        sa.Column("version_id", sa.Integer(), nullable=True),
        sa.Column("manifest", sa.JSON(), nullable=False),
        sa.Column("queued_at", _TIME(), nullable=False),
        sa.Column("started_at", _TIME(), nullable=True),
        sa.Column("ended_at", _TIME(), nullable=True),
        sa.ForeignKeyConstraint(
            ["start_version_id"], ["model_versions.id"], name=op.f("fk_training_runs_start_version_id_model_versions")
        ),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.id"], name=op.f("fk_training_runs_stream_id_streams")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["model_versions.id"], name=op.f("fk_training_runs_version_id_model_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_runs")),
    )
    with op.batch_alter_table("training_runs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_training_runs_status"), ["status"], unique=False)
        batch_op.create_index(batch_op.f("ix_training_runs_stream_id"), ["stream_id"], unique=False)
    op.create_table(
        "training_points",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("network", _TEXT(length=16), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("loss", sa.Float(), nullable=False),
        sa.Column("at", _TIME(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["training_runs.id"], name=op.f("fk_training_points_run_id_training_runs")),
        sa.PrimaryKeyConstraint("run_id", "network", "epoch", name=op.f("pk_training_points")),
    )


def downgrade() -> None:
    op.drop_table("training_points")
    op.drop_table("training_runs")
