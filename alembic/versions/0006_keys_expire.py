"""Keys expire

Revision 0006, after 0005. Keys made before keep what they could do: pushing rows older than a day is a scope of its own
from now on.
"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("api_keys", schema=None) as batch_op:
        batch_op.add_column(sa.Column("expires_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
    op.execute("UPDATE api_keys SET scopes = 'telemetry backfill read' WHERE scopes = 'telemetry read'")
    op.execute("UPDATE api_keys SET scopes = 'telemetry backfill' WHERE scopes = 'telemetry'")


def downgrade() -> None:
    # The version before knows no end: a key that had one is ended now, rather than never.
    op.execute("UPDATE api_keys SET revoked_at = expires_at WHERE revoked_at IS NULL AND expires_at IS NOT NULL")
    with op.batch_alter_table("api_keys", schema=None) as batch_op:
        batch_op.drop_column("expires_at")
