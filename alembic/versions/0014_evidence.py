"""Evidence on candidates

Revision 0014, after 0013.
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_TEXT, _TIME = sqlmodel.sql.sqltypes.AutoString, sqlmodel.sql.sqltypes.UTCDateTime


def upgrade() -> None:
    op.create_table(
        "evidence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stream_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("champion_id", sa.Integer(), nullable=False),
        sa.Column("candidate_sha256", _TEXT(length=64), nullable=False),
        sa.Column("champion_sha256", _TEXT(length=64), nullable=False),
        sa.Column("windows_sha256", _TEXT(length=64), nullable=False),
        sa.Column("sha256", _TEXT(length=64), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("made_at", _TIME(), nullable=False),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["model_versions.id"], name=op.f("fk_evidence_candidate_id_model_versions")
        ),
        sa.ForeignKeyConstraint(
            ["champion_id"], ["model_versions.id"], name=op.f("fk_evidence_champion_id_model_versions")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["training_runs.id"], name=op.f("fk_evidence_run_id_training_runs")),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.id"], name=op.f("fk_evidence_stream_id_streams")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sa.UniqueConstraint("run_id", name=op.f("uq_evidence_run_id")),
    )
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_evidence_candidate_id"), ["candidate_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_evidence_stream_id"), ["stream_id"], unique=False)


def downgrade() -> None:
    op.drop_table("evidence")
