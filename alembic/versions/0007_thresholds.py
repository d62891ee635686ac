"""thresholds of each stream

Revision 0007, after 0006.
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "thresholds",
        sa.Column("stream_id", sa.Integer(), nullable=False),
        sa.Column("profile", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("metric", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("limit", sa.Float(), nullable=True),
        sa.Column("by", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.id"], name=op.f("fk_thresholds_stream_id_streams")),
        sa.PrimaryKeyConstraint("stream_id", "profile", "metric", name=op.f("pk_thresholds")),
    )
    op.create_table(
        "owed_judgements",
        sa.Column("stream_id", sa.Integer(), nullable=False),
        sa.Column("profile", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("asked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.id"], name=op.f("fk_owed_judgements_stream_id_streams")),
        sa.PrimaryKeyConstraint("stream_id", "profile", name=op.f("pk_owed_judgements")),
    )


def downgrade() -> None:
    op.drop_table("owed_judgements")
    op.drop_table("thresholds")
