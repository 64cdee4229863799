"""Numbers as people type them: any script, in words, with a unit; money in its three units."""

import re
from collections.abc import Sequence
from decimal import Decimal

from conversations.language.understand import clean, fold
from conversations.values import Spellings

PLAIN = re.compile(r"[0-9]{1,9}\Z", re.ASCII)
GLUED_NUMBER = re.compile(r"([0-9]{1,9})([^\W\d_]+)\Z")
SIGNS = re.compile(r"[^\w\s'’؟?!،:]|_|[²³¹¼-¾]|[\u2150-\u218b\u2460-\u24ff]")
GLUED_SUM = re.compile(r"(?<![\w])([0-9]+)([^\W\d_]+)")
EVERY_UNIT = (
    "unit.ryal",
    "unit.centime",
    "unit.dirham",
    "unit.million",
    "unit.thousand",
    "unit.month",
    "unit.year",
)
HYPHEN = re.compile(r"(?<=[^\W\d_])-(?=[^\W\d_])")  # vingt-cinq
SUM = re.compile(r"(?<![\w.,-])([0-9]{1,3}(?:[ .,'][0-9]{3})+|[0-9]+)(?:[.,]([0-9]{1,2}))?(?![\w]|[.,]*[0-9])")
UNITS = {"unit.ryal": Decimal(1) / 20, "unit.centime": Decimal(1) / 100, "unit.dirham": Decimal(1)}


def whole(words: str, spellings: Spellings) -> int | None:
    """The one whole number of years a message holds: `3`, `٣`, `3 ans`, `trois`, `18 mois` (1).

    None when there is none, two, a sign, a decimal, or digits of another kind (`²`, `1e3`).
    """
    text = HYPHEN.sub(" ", clean(words).rstrip(" .!؟?)"))
    if SIGNS.search(text):
        return None
    months = _says(fold(text).split(), ("unit.month",), spellings)
    found: list[int] = []
    for token in text.split():
        glued = GLUED_NUMBER.match(token)
        if PLAIN.match(token):
            found.append(int(token))
        elif glued and _says((fold(glued[2]),), ("unit.year", "unit.month"), spellings):
            found.append(int(glued[1]))
            months = months or _says((fold(glued[2]),), ("unit.month",), spellings)
    if months and len(found) == 2:
        return found[0]  # 17 ans et 8 mois
    if len(found) > 1:
        return None
    number = found[0] if found else _in_words(fold(text), spellings)
    return number // 12 if months and number is not None else number


def _says(words: Sequence[str], units: Sequence[str], spellings: Spellings) -> bool:
    return any(word in spellings.get(unit, ()) for word in words for unit in units)


def _in_words(text: str, spellings: Spellings) -> int | None:
    known: dict[str, int] = {word: number for number in NUMBERS for word in spellings.get(f"number.{number}", ())}
    if text in known:
        return known[text]
    units = (*spellings.get("unit.year", ()), *spellings.get("unit.month", ()))
    tokens = [token for token in text.split() if token not in units]
    parts: list[int] = []
    at = 0
    while at < len(tokens):
        for size in (2, 1):
            phrase = " ".join(tokens[at : at + size])
            number = known.get(phrase, known.get(phrase.removeprefix("و")))
            if number is not None and len(phrase.split()) == size:
                parts.append(number)
                at += size
                break
        else:
            if not parts or tokens[at] not in ("w", "et", "o", "ou", "و"):
                return None
            at += 1
    return _total(parts)


def _total(parts: list[int]) -> int | None:
    """`twenty five`, `five and twenty`, `sixty eleven`: at most one ten and one unit."""
    if len(parts) == 1:
        return parts[0]
    if len(parts) == 2:
        small, ten = sorted(parts)
        if 20 <= ten < 100 and 0 < small < 20 and ten % 10 == 0:
            return ten + small
    return None


NUMBERS = (*range(20), 20, 30, 40, 50, 60, 70, 80, 90, 100)


def money(words: str, spellings: Spellings) -> Decimal | None:
    """Dirhams a year: `1 500`, `1.500 dh`, `3000 ryal`, `2 million`, `100 dh par mois` (1 200).

    None when there is no amount, two, or a sign.
    """
    text = GLUED_SUM.sub(lambda glued: _apart(glued, spellings), clean(words).lower())
    found = SUM.findall(text)
    if len(found) > 1 or "-" in text or "+" in text or (found and len(found[0][0]) > 15):
        return None
    said = fold(SUM.sub(" ", text)).split()
    if found:
        amount = Decimal(re.sub(r"[ .,']", "", found[0][0]))
        if found[0][1]:
            amount += Decimal(found[0][1]).scaleb(-len(found[0][1]))
    else:
        named = [word for word in said if not _says((word,), EVERY_UNIT, spellings)]
        number = _in_words(" ".join(named), spellings) if named else None
        if number is None and (named or not _says(said, ("unit.thousand", "unit.million"), spellings)):
            return None
        amount = Decimal(1 if number is None else number)
    return _in_dirhams(amount, said, spellings).quantize(Decimal("0.01")).normalize() + 0


def _in_dirhams(amount: Decimal, said: Sequence[str], spellings: Spellings) -> Decimal:
    units = [unit for name, unit in UNITS.items() if _says(said, (name,), spellings)]
    if _says(said, ("unit.million",), spellings):
        # a million said alone is one of centimes, as it is counted aloud
        amount *= 1_000_000 * (units[0] if units else UNITS["unit.centime"])
    else:
        amount *= units[0] if units else 1
    if _says(said, ("unit.thousand",), spellings):
        amount *= 1_000
    if _says(said, ("unit.month",), spellings):
        amount *= 12
    return amount


def _apart(glued: re.Match[str], spellings: Spellings) -> str:
    """`35dh` is 35 dh; the 3 of `3andi` is a letter."""
    return f"{glued[1]} {glued[2]}" if _says((fold(glued[2]),), EVERY_UNIT, spellings) else glued[0]
