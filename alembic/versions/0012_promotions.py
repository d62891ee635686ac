"""Every move of a serving slot; what serves now is the first one known

Revision 0012, after 0011.
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "promotions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stream_id", sa.Integer(), nullable=False),
        sa.Column("move", sa.Integer(), nullable=False),
        sa.Column("model_version_id", sa.Integer(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("tick", sa.Integer(), nullable=True),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("by", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["model_version_id"], ["model_versions.id"], name=op.f("fk_promotions_model_version_id_model_versions")
        ),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.id"], name=op.f("fk_promotions_stream_id_streams")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotions")),
        sa.UniqueConstraint("stream_id", "move", name=op.f("uq_promotions_stream_id")),
    )
    with op.batch_alter_table("promotions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_promotions_stream_id"), ["stream_id"], unique=False)
    with op.batch_alter_table("serving_slots", schema=None) as batch_op:
        batch_op.add_column(sa.Column("trouble", sqlmodel.sql.sqltypes.AutoString(), nullable=True))
    op.execute(
        "INSERT INTO promotions (stream_id, move, model_version_id, kind, at, by, reason) "
        "SELECT stream_id, moves, model_version_id, 'first', moved_at, moved_by, "
        "'what served when moves began to be kept' FROM serving_slots"
    )


def downgrade() -> None:
    with op.batch_alter_table("serving_slots", schema=None) as batch_op:
        batch_op.drop_column("trouble")
    op.drop_table("promotions")
