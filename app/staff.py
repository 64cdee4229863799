"""`bot.py staff` and `bot.py journal`: the chamber's people as who runs the server sees them, beside a running desk."""

from collections.abc import Callable, Collection, Iterable, Sequence

from app.build import at_the_server
from models import journal
from services.people import server
from services.people.server import ListedAct, ListedMember
from settings import Settings

Show = Callable[[str], None]
DAY, MOMENT = "%Y-%m-%d", "%Y-%m-%d %H:%M:%S"


def list_members(settings: Settings, show: Show) -> int:
    """Print the team, a line each."""
    with at_the_server(settings) as (db, desk):
        show_members(server.members(db, desk), show)
    return 0


def invite(settings: Settings, roles: Collection[str], show: Show) -> int:
    """Print an invitation that needs nobody's yes in the chat: who runs the server answers for the person."""
    with at_the_server(settings) as (db, desk):
        show(server.invite_from_server(db, desk, roles))
    return 0


def confirm(settings: Settings, number: int, show: Show) -> int:
    """Give somebody who was silent her rights back; 1 when nobody of that number waits for it."""
    with at_the_server(settings) as (db, desk):
        return _said(server.confirm_from_server(db, desk, number), show)


def remove(settings: Settings, number: int, show: Show) -> int:
    """Take somebody out of the team, the last admin too; 1 when nobody has that number."""
    with at_the_server(settings) as (db, desk):
        return _said(server.remove_from_server(db, desk, number), show)


def _said(result: tuple[bool, str], show: Show) -> int:
    done, said = result
    show(said)
    return 0 if done else 1


def verify_journal(settings: Settings, head: str | None, show: Show) -> int:
    """Look whether every row of the journal stands as it was written, and a head that was told (the last one unless
    given) is among them; 1 when not.
    """
    with at_the_server(settings) as (db, desk):
        broken = journal.first_broken(db, desk.sealer)
        if broken is not None:
            show(f"the journal was altered: row {broken} is not as it was written, or is missing")
            return 1
        told = head or server.head_told(db)
        if told is not None and not journal.stands(db, told):
            show(f"the journal was cut: {told}, which was told once, is not in it")
            return 1
        last = journal.journal_head(db)
    show("the journal is empty" if last is None else f"the journal is whole, its head is {last}")
    return 0


def list_journal(settings: Settings, most: int, show: Show) -> int:
    """Print the last acts, the latest first: number, moment in UTC, who by her number, what, on what."""
    with at_the_server(settings) as (db, _):
        show_entries(server.listed_acts(db, most), show)
    return 0


def show_members(members: Sequence[ListedMember], show: Show) -> None:
    """Print the team, a line each: number, roles, state, since, last seen, channel, name."""
    if not members:
        show("nobody is in the team yet: bot.py staff invite --role admin")
    for each in members:
        seen = "never" if each.seen is None else f"{each.seen:{DAY}}"
        roles = each.roles.replace(" ", ",")
        show(
            f"{each.number}  {roles}  {each.state}  since {each.since:{DAY}}  seen {seen}  {each.channel}  {each.name}"
        )


def show_entries(entries: Iterable[ListedAct], show: Show) -> None:
    """Print acts, a line each."""
    for each in entries:
        show(f"{each.number}  {each.at:{MOMENT}}  {each.actor}  {each.act}  {each.subject or '-'}")
