"""A message's words are known again by their hash, when a provider's list is asked for it."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("delivery", sa.Column("words", sa.LargeBinary(length=16), nullable=True))
