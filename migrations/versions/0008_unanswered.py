"""Questions the desk had no answer for, without who asked."""

import sqlalchemy as sa
from alembic import op

from models.rows import Utc

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unanswered",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("label", sa.String(length=40), nullable=True),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unanswered")),
        sa.UniqueConstraint("key", name=op.f("uq_unanswered_key")),
        sa.UniqueConstraint("number", name=op.f("uq_unanswered_number")),
    )
    op.create_index(op.f("ix_unanswered_state"), "unanswered", ["state"])
