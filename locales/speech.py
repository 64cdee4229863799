"""From a Reply to words: the one place where a msgid becomes a sentence of a language."""

import gettext
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from babel.dates import format_date
from babel.numbers import format_decimal

from conversations.language.texts import script
from conversations.values import (
    Button,
    Card,
    Data,
    Lines,
    Media,
    Money,
    Named,
    Offer,
    Placeholder,
    Pressed,
    Reply,
    Say,
    Spoken,
)

HERE = Path(__file__).parent
LANGUAGES = ("ar", "fr")
LOCALES = {"ar": "ar_MA", "fr": "fr"}
DOMAIN = "desk"
# Exits and what is typed for them where there are no buttons.
TYPED = {"back": "0"}
CURRENCY = {"ar": "درهم", "fr": "DH"}
AT = {"ar": "، الساعة ", "fr": " à "}
PARTS_OF_DAY = ((12, "صباحا"), (13, "زوالا"), (18, "بعد الزوال"), (24, "مساء"))  # until which hour

# A run of the other direction inside a sentence: a Latin name, a link, a number with separators.
LATIN_RUN = re.compile(
    r"(?:\+(?=[0-9]))?[A-Za-zÀ-ÿ0-9]"
    r"(?:[A-Za-zÀ-ÿ0-9 .,:/'’%+=&_#~•\u202f\u00a0-]|\?(?=\w))*(?<![ .,:/'’+=&#~-])"
)
PLAIN_NUMBER = re.compile(r"[0-9]+\Z")
ARABIC_RUN = re.compile(r"[\u0600-\u06ff](?:[\u0600-\u06ff\s]*[\u0600-\u06ff])?")
CONTACT = "contact"  # the one thing every phone of a channel hands over with a tap: its own number
BEFORE_A_MARK = re.compile(r" (?=[:;?!])")
FSI, PDI = "\u2068", "\u2069"


class WordsMissing(RuntimeError):
    """The compiled catalogues are not there: `make words` builds them."""


@dataclass(frozen=True, slots=True)
class Speech:
    """The catalogues of every language."""

    catalogues: Mapping[str, gettext.GNUTranslations]

    def speak(self, replies: Sequence[Reply], language: str | None, draft: str, exits: Iterable[str] = ()) -> Spoken:
        """One message from the replies of a turn.

        `language` None (nobody has chosen yet): the text in every language, one after the other.
        `draft`: the form the buttons belong to. `exits`: global words offered under the message.
        """
        languages = LANGUAGES if language is None else (language,)
        first = languages[0]
        text = "\n\n".join(self._text(replies, each) for each in languages)
        last = replies[-1]
        return Spoken(
            text=text,
            options=tuple(self._button(offer, draft, first) for offer in last.options),
            exits=tuple(self._exit(word, draft, first, last.numbered) for word in exits),
            media=tuple(drawn for reply in replies for media in reply.media for drawn in self._media(media, first)),
            language=first,
            numbered=last.numbered,
            shares=self.say(Say("desk.share"), first) if last.wants == CONTACT else "",
        )

    def say(self, say: Say, language: str) -> str:
        """A sentence with its placeholders filled; foreign runs isolated."""
        catalogue = self.catalogues[language]
        if say.count is None:
            sentence = catalogue.gettext(say.msgid)
        else:
            sentence = catalogue.ngettext(say.msgid, say.msgid, say.count)
        if say.placeholders:
            sentence = sentence.format_map(
                {name: self._blank(blank, language) for name, blank in say.placeholders.items()}
            )
        # a quotation or question mark alone on the next line reads badly on a narrow screen
        sentence = sentence.replace("« ", "«\u00a0").replace(" »", "\u00a0»")
        if language == "fr":
            sentence = BEFORE_A_MARK.sub("\u00a0", sentence)
        return isolate(sentence, language)

    def _media(self, media: Media | Card | Data, language: str) -> tuple[Media, ...]:
        if isinstance(media, Media):
            return (media,)
        if isinstance(media, Card):
            return (self._sheet("card", media, language),)
        return (self._sheet("paper", media.paper, language), Media("data", "", media.json))

    def _sheet(self, kind: str, media: Card, language: str) -> Media:
        words = {
            "title": self.say(media.title, language),
            "figure": self.say(media.figure, language) if media.figure else None,
            "parts": [self._part(part, language) for part in media.parts],
            "foot": [self.say(say, language) for say in media.foot],
        }
        return Media(kind, media.link or "", json.dumps(words, ensure_ascii=False))

    def spellings(self) -> dict[str, tuple[str, ...]]:
        """Every way to write an address, in all languages: its words and its `.also` synonyms."""
        found: dict[str, list[str]] = {}
        for catalogue in self.catalogues.values():
            for msgid, words in _entries(catalogue):
                address = msgid.removesuffix(".also")
                each = words.split("|") if msgid.endswith(".also") else [words]
                found.setdefault(address, []).extend(each)
        return {address: tuple(words) for address, words in found.items()}

    def _text(self, replies: Sequence[Reply], language: str) -> str:
        return "\n\n".join(self._part(part, language) for reply in replies for part in reply.text)

    def _part(self, part: Say | Lines, language: str) -> str:
        return self.say(part, language) if isinstance(part, Say) else self._lines(part, language)

    def _lines(self, lines: Lines, language: str) -> str:
        says = [self.say(say, language) for say in lines.says]
        if lines.numbered:
            return "\n".join(f"{place}. {words}" for place, words in enumerate(says, 1))
        return "\n".join(says if lines.flat else (says[0], *(f"• {words}" for words in says[1:])))

    def _button(self, offer: Offer, draft: str, language: str) -> Button:
        label = self._blank(offer.label, language)
        return Button(str(Pressed(offer.step, offer.id, offer.about or draft)), label)

    def _exit(self, word: str, draft: str, language: str, numbered: bool) -> Button:
        label = self.say(Say(f"word.{word}"), language)
        return Button(str(Pressed("word", word, draft)), label, TYPED.get(word) if numbered else None)

    def _blank(self, blank: Placeholder, language: str) -> str:
        match blank:
            case Say():
                return self.say(blank, language)
            case Money(amount):
                number = format_decimal(amount, locale="fr", decimal_quantization=False)
                return f"{number} {CURRENCY[language]}"
            case Named(names):
                return "\n".join(_value(line, language) for line in names[language].split("\n"))
            case datetime():
                return self._blank(blank.date(), language) + AT[language] + hour(blank.time(), language)
            case date():
                return format_date(blank, "EEEE d MMMM y", locale=LOCALES[language])
            case time():
                return hour(blank, language)
            case _:
                return str(blank)


def hour(at: time, language: str) -> str:
    """An hour as it is said: 10 h 30; in Arabic by twelve, with the part of the day."""
    if language != "ar":
        return f"{at.hour}\u00a0h" + (f"\u00a0{at.minute:02}" if at.minute else "")
    part = next(name for until, name in PARTS_OF_DAY if at.hour < until)
    twelve = at.hour if at.hour <= 12 else at.hour - 12
    return f"{twelve}:{at.minute:02} {part}" if at.minute else f"{twelve} {part}"


def load(path: Path = HERE) -> Speech:
    """The compiled catalogues, built anew where their words were changed since. WordsMissing when they were not built,
    or cannot be.
    """
    catalogues = {}
    for language in LANGUAGES:
        file = path / language / "LC_MESSAGES" / f"{DOMAIN}.mo"
        _keep_up(file, language)
        try:
            with file.open("rb") as opened:
                catalogues[language] = gettext.GNUTranslations(opened)
        except FileNotFoundError:
            raise WordsMissing("the catalogues are not built: run `make words`") from None
    return Speech(catalogues)


def _keep_up(file: Path, language: str) -> None:
    """Compile a catalogue whose words were changed after it was built."""
    words = file.with_suffix(".po")
    if not file.exists() or not words.exists() or words.stat().st_mtime <= file.stat().st_mtime:
        return
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import PoFileError, read_po

    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with words.open("rb") as read, fresh.open("wb") as written:
            write_mo(written, read_po(read, locale=language, abort_invalid=True))
        fresh.replace(file)
    except (OSError, ValueError, PoFileError) as error:
        fresh.unlink(missing_ok=True)
        raise WordsMissing(
            f"{words.name} ({language}) was changed and its catalogue is old: run `make words` ({type(error).__name__})"
        ) from None


def isolate(sentence: str, language: str) -> str:
    """The sentence with each run of the other direction between U+2068 and U+2069.

    What is already isolated is left as it is.
    """
    if FSI in sentence:
        parts = re.split(f"({FSI}[^{PDI}]*{PDI})", sentence)
        # one that is never closed is of no use, and would turn everything after it
        return "".join(p if p[-1:] == PDI else isolate(p.replace(FSI, ""), language) for p in parts)
    if language == "ar":
        return LATIN_RUN.sub(_isolated, sentence)
    return ARABIC_RUN.sub(_isolated, sentence)


def _value(line: str, language: str) -> str:
    """A value of one line, to stand in a sentence: all of it apart when it begins and mostly runs the other
    way, so that its marks and numbers keep their places.
    """
    begins = next(filter(None, map(script, line)), None)
    if language in (begins, script(line)) or begins is None:
        return isolate(line, language)
    return f"{FSI}{line.replace(FSI, '').replace(PDI, '')}{PDI}"


def _isolated(run: re.Match[str]) -> str:
    return run[0] if PLAIN_NUMBER.match(run[0]) else f"{FSI}{run[0]}{PDI}"


def _entries(catalogue: gettext.GNUTranslations) -> list[tuple[str, str]]:
    """(msgid, words) of the singular entries; gettext keeps them in one private mapping."""
    known = catalogue._catalog  # type: ignore[attr-defined]
    return [(id, words) for id, words in known.items() if isinstance(id, str) and id]
