"""The words of the desk as a list of commands, for a channel that shows one: an artisan's, and each role's."""

import re
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from conversations.values import Say
from locales.speech import Speech
from models.contact import Address, Contact, unseal_address
from models.sealed import UNREADABLE
from models.staff import Staff, StaffState
from services.context import Desk

PLAIN_COMMAND = re.compile(r"/([a-z][a-z0-9_]{0,31})\Z", re.ASCII)
FOR_EVERYBODY = ("menu", "file", "language", "help", "stop")  # words of an artisan, in the order they are listed


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A command as it is typed, without its slash, and what it does."""

    name: str
    does: str


def artisan_commands(speech: Speech, language: str) -> tuple[CommandLine, ...]:
    """Return the commands of an artisan, in a language."""
    found = [(word, Say(f"word.{word}")) for word in FOR_EVERYBODY]
    return tuple(_lines(speech, found, language))


def role_commands(desk: Desk, roles: Collection[str], language: str) -> tuple[CommandLine, ...]:
    """Return the commands of somebody of the chamber, in her language: those of her roles, then an artisan's; none for
    who has no role.
    """
    if not roles:
        return ()
    commands = [(str(each.word), Say(f"welcome.menu.option.{each.line}")) for each in desk.flows.commands(roles)]
    return (*_lines(desk.speech, commands, language), *artisan_commands(desk.speech, language))


def _lines(speech: Speech, words: list[tuple[str, Say]], language: str) -> list[CommandLine]:
    spelled = speech.spellings()
    found = []
    for word, does in words:
        names = [name[1] for each in spelled.get(f"word.{word}", ()) if (name := PLAIN_COMMAND.match(each))]
        if names:
            found.append(CommandLine(names[0], speech.say(does, language)))
    return found


def commands_of_chats(db: Session, desk: Desk, channel: str) -> list[tuple[str, tuple[CommandLine, ...]]]:
    """Return the address of each of the chamber's people on a channel, and her commands; none for who is out."""
    rows = db.execute(
        sa.select(Address, Staff, Contact.language)
        .join(Staff, Staff.contact_id == Address.contact_id)
        .join(Contact, Contact.id == Address.contact_id)
        .where(Address.channel == channel)
        .order_by(Staff.id)
    )
    found = []
    for address, row, language in rows:
        roles = row.role_set if row.state == StaffState.ACTIVE else frozenset()
        try:
            found.append((unseal_address(desk.sealer, address), role_commands(desk, roles, language or "ar")))
        except UNREADABLE:
            continue
    return found
