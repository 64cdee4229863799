"""Why a delivery did not arrive is a value of its own; of earlier ones it is read from what was written down."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# As the reports of the last release read it from the text, the first that fits; else "other".
MARKS = (
    ("stopped", ("stopped", "twilio 21610", "twilio 63014")),
    ("not_started", ("can't initiate conversation",)),
    ("no_chat", ("chat not found", "peer_id_invalid")),
    ("no_account", ("twilio 63024",)),
    ("blocked", ("blocked", "deactivated", "kicked", "unreachable", "forbidden")),
    ("number", ("twilio 21211", "twilio 21614")),
    ("window", ("no template", "twilio 63016")),
    ("withheld", ("twilio 63049",)),
    ("daily", ("daily limit", "twilio 63018")),
    ("throttled", ("throttled",)),
    ("credentials", ("token is refused", "twilio 20003", "twilio 20005")),
    ("undone", ("undone", "the session")),
    ("erased", ("erased",)),
    ("late", ("too late",)),
    ("blank", ("blank", "no meeting")),
    ("restored", ("restored",)),
    ("unreadable", ("unreadable",)),
    ("partly", ("a part of it",)),
    ("tls", ("ssl", "certificate")),
    ("network", ("never reached", "connectorerror", "connectiontimeout", "dns")),
    ("outage", ("answered 5", "bad gateway", "internal server error")),
    ("unsure", ("lane died", "timeout", "disconnected", "without an id")),
)


def backfill() -> sa.Update:
    """Return the statement that reads the reasons of earlier deliveries."""
    delivery = sa.table("delivery", sa.column("reason", sa.String), sa.column("error", sa.String))
    said = sa.func.lower(delivery.c.error)
    found = sa.case(
        *[(sa.or_(*(said.contains(mark, autoescape=True) for mark in marks)), reason) for reason, marks in MARKS],
        else_="other",
    )
    return delivery.update().where(delivery.c.error.is_not(None)).values(reason=found)


def upgrade() -> None:
    op.add_column("delivery", sa.Column("reason", sa.String(length=16), nullable=True))
    op.execute(backfill())
