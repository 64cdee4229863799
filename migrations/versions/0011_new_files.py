"""New files are counted by the day they came."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_registration_created_at"), "registration", ["created_at"])
