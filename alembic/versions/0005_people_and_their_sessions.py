"""people and their sessions

Revision 0005, after 0004. Sessions learn to renew their token and to end unused; people may come from a provider.
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TIME = sqlmodel.sql.sqltypes.UTCDateTime()
_TEXT = sqlmodel.sql.sqltypes.AutoString
_SINCE = "UPDATE sessions SET way = 'password', renewed_at = created_at, seen_at = created_at"


def upgrade() -> None:
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(sa.Column("issuer", _TEXT(length=255), nullable=True))
        batch_op.add_column(sa.Column("subject", _TEXT(length=255), nullable=True))
        batch_op.add_column(sa.Column("last_seen_at", _TIME, nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_users_issuer"), ["issuer", "subject"])

    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("previous_hash", _TEXT(length=64), nullable=True))
        batch_op.add_column(sa.Column("previous_until_at", _TIME, nullable=True))
        batch_op.add_column(sa.Column("way", _TEXT(length=16), nullable=True))
        batch_op.add_column(sa.Column("renewed_at", _TIME, nullable=True))
        batch_op.add_column(sa.Column("seen_at", _TIME, nullable=True))
        batch_op.create_index(batch_op.f("ix_sessions_previous_hash"), ["previous_hash"], unique=False)

    op.execute(_SINCE)
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.alter_column("way", existing_type=sa.String(16), nullable=False)
        batch_op.alter_column("renewed_at", existing_type=_TIME, nullable=False)
        batch_op.alter_column("seen_at", existing_type=_TIME, nullable=False)

    with op.batch_alter_table("sign_in_tries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("name_key", _TEXT(length=64), nullable=True))
        batch_op.create_index(batch_op.f("ix_sign_in_tries_name_key"), ["name_key"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("sign_in_tries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_tries_name_key"))
        batch_op.drop_column("name_key")

    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sessions_previous_hash"))
        for name in ("previous_hash", "previous_until_at", "way", "renewed_at", "seen_at"):
            batch_op.drop_column(name)

    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_users_issuer"), type_="unique")
        for name in ("issuer", "subject", "last_seen_at"):
            batch_op.drop_column(name)
