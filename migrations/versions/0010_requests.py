"""Requests that are claimed, answered and given back, with voice and pictures; where a colleague works."""

import sqlalchemy as sa
from alembic import op

from models.rows import Utc

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("person_request") as request:
        request.add_column(sa.Column("claimed_by", sa.Uuid(), nullable=True))
        for name in ("claimed_at", "answered_at", "rung_at", "escalated_at"):
            request.add_column(sa.Column(name, Utc(), nullable=True))
        request.add_column(sa.Column("step", sa.String(length=80), nullable=True))
        request.add_column(sa.Column("province", sa.String(length=16), nullable=True))
        request.create_index("ix_person_request_state", ["state"])
    # what waits today was told to the admins of today
    op.execute("UPDATE person_request SET rung_at = created_at WHERE state = 'open'")
    with op.batch_alter_table("request_words") as words:
        words.add_column(sa.Column("author_id", sa.Uuid(), nullable=True))
        words.add_column(sa.Column("attachment_id", sa.Integer(), nullable=True))
        words.add_column(sa.Column("sent_at", Utc(), nullable=True))
        words.create_foreign_key("fk_request_words_attachment_id_attachment", "attachment", ["attachment_id"], ["id"])
    with op.batch_alter_table("contact") as contact:
        contact.add_column(sa.Column("hushed_until", Utc(), nullable=True))
    with op.batch_alter_table("staff") as staff:
        staff.add_column(sa.Column("province", sa.String(length=16), nullable=True))
        staff.add_column(sa.Column("nights", sa.Boolean(), server_default=sa.false(), nullable=False))
