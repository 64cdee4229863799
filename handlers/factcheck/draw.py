"""The document as HTML: facts, drawings, every question, option, explanation, outcome, amount, answer."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import amo
from amo import ids
from amo.amounts import flat
from conversations.context import TurnContext
from conversations.eligibility import result
from conversations.eligibility.why import rule_source, texts
from conversations.forms.flow import Case, Flow, Option, Outcome, Step, always
from conversations.language.figures import grouped_number
from conversations.questions.flow import TOPICS, said
from conversations.questions.flow import topic_source as source_of
from conversations.values import Lines, Money, Named, Say
from handlers.factcheck.picture import picture
from handlers.factcheck.walk import Walked, walk
from handlers.web.pages import render
from locales.speech import Speech

BLANK = re.compile(r"\{\w+\}")
ARTISANS = ("welcome", "questions", "sessions", "subscribe", "register", "files", "prove", "file", "erase", "stops")
FACTORS = ("artisan", "accounts_simplified", "accounts_real_low", "accounts_real_high")


class Document:
    """What the template asks for, in one language. `context`: the day, the facts, the data."""

    def __init__(self, speech: Speech, language: str, flows: Mapping[str, Flow], context: TurnContext) -> None:
        self.speech, self.language, self.flows, self.context = speech, language, flows, context
        self.facts = context.facts

    def html(self, walked: Walked) -> str:
        """The whole document. `walked`: every path through eligibility."""
        eligibility = self.flows["eligibility"]
        return render(
            "factcheck.html",
            language=self.language,
            say=self.say,
            edition=self.date(self.context.today),
            facts=list(self.parameters()),
            flat=list(self.flat()),
            days=self.days(),
            scales=list(self.scales()),
            drawing=self.drawing(eligibility, walked),
            questions=[self.question(eligibility, step, walked) for step in eligibility.steps],
            results=list(self.results(walked)),
            outcomes=list(self.outcomes()),
            rules=list(self.rules()),
            words=list(self.words()),
            faq=list(self.faq()),
            others=[self.other(self.flows[id]) for id in ARTISANS],
            open=[each.says[self.language] for each in self.facts.open],
        )

    def say(self, msgid: str, **placeholders: Any) -> str:
        """A sentence of the catalogues."""
        return self.speech.say(Say(msgid, placeholders), self.language)

    def spoken(self, what: Say | Lines | Named) -> str:
        """A sentence, or a name of the data."""
        if isinstance(what, Named):
            return what.names[self.language]
        says = what.says if isinstance(what, Lines) else (what,)
        return "\n".join(self.speech.say(each, self.language) for each in says)

    def date(self, day: date) -> str:
        """A day in words."""
        return self.say("desk.day", day=day)

    # -- figures ------------------------------------------------------------------------------

    def parameters(self) -> Iterable[dict[str, str]]:
        """Every dated figure, with its source and mark."""
        for name, rows in self.facts.rows.items():
            for row in rows if rows[0].value is not None else ():
                yield {
                    "name": self.say(f"fact.{name}"),
                    "value": _value(name, row.value or Decimal(0)),
                    "since": row.since.isoformat(),
                    "text": self.facts.rules.texts[row.text][self.language],
                    "mark": self.say(f"law.mark.{row.mark}"),
                    "reviewer": row.reviewer or "",
                }

    def days(self) -> list[str]:
        """The days the minimum wage changes."""
        return [max(row.since, self.facts.first_day).isoformat() for row in self.facts.rows["smig_hour"]]

    def flat(self) -> Iterable[dict[str, Any]]:
        """The flat rates on each of these days."""
        for factor in FACTORS:
            dues = [flat(factor, date.fromisoformat(day), self.facts) for day in self.days()]
            name = self.say(f"fact.flat_factor.{factor}").partition(":")[2].strip()
            yield {"name": name, "dues": [_comma(due) for due in dues]}

    def scales(self) -> Iterable[dict[str, Any]]:
        """Both scales, line by line."""
        for name in ("tax_scale", "achamil_scale"):
            row = self.facts.rows[name][-1]
            bands = [
                {
                    "low": self.edge(band.low, band.over, "over"),
                    "high": self.edge(band.high, band.below, "under"),
                    "due": _comma(band.due),
                }
                for band in row.bands
            ]
            text = self.facts.rules.texts[row.text][self.language]
            yield {"name": self.say(f"fact.{name}"), "bands": bands, "text": text, "since": row.since}

    def edge(self, included: Decimal | None, excluded: Decimal | None, way: str) -> str:
        """One end of a band; one that is not part of it says so."""
        if excluded is not None:
            return self.say(f"factcheck.{way}", amount=Named.same(_comma(excluded)))
        return _comma(included)

    # -- eligibility ----------------------------------------------------------------------------

    def drawing(self, flow: Flow, walked: Walked) -> str:
        """Questions in their order, and which may follow which."""
        places = [(step.id, self.name(flow, step)) for step in flow.steps]
        places += [(outcome.id, self.say(f"factcheck.end.{outcome.id}")) for outcome in (*flow.stops, *flow.outcomes)]
        arrows = {(step, after) for (step, _), every in walked.after.items() for after in every}
        return picture(places, arrows, self.language)

    def name(self, flow: Flow, step: Step) -> str:
        """A question's short name."""
        return self.say(step.address(flow.id, "name"))

    def question(self, flow: Flow, step: Step, walked: Walked) -> dict[str, Any]:
        """A question as it is sent, its options and what follows each, its explanations and refusals."""
        shown = self.shown(flow, step)
        for option in shown["options"]:
            after = walked.after.get((step.id, option["id"]), set())
            option["after"] = self.places(flow, after)
        typed = {
            after
            for (at, answer), every in walked.after.items()
            if at == step.id and not step.option(answer)
            for after in every
        }
        shown["typed"] = self.places(flow, typed)
        return shown

    def places(self, flow: Flow, which: Iterable[str]) -> str:
        """The names of places, in the order of the flow."""
        order = [step.id for step in flow.steps] + [o.id for o in (*flow.stops, *flow.outcomes)]
        names = []
        for id in sorted(which, key=order.index):
            step = flow.step(id)
            names.append(self.name(flow, step) if step else self.say(f"factcheck.end.{id}"))
        return " · ".join(names)

    def shown(self, flow: Flow, step: Step) -> dict[str, Any]:
        """A question's words, whatever the flow."""
        here = step.address(flow.id)
        return {
            "id": step.id,
            "name": self.name(flow, step),
            "ask": self.asked(flow, step),
            "sometimes": step.when is not always,
            "options": [
                {
                    "id": option.id,
                    "label": self.label(option, f"{here}.option.{option.id}"),
                    "explain": self.catalogued(f"{here}.explain.{option.id}") if option.explains else "",
                    "after": "",
                }
                for option in step.options
            ],
            "unclear": [self.catalogued(f"{here}.unclear.{reason}") for reason in step.kind.reasons()],
        }

    def asked(self, flow: Flow, step: Step) -> str:
        """A question; of eligibility with the figures of the law it names."""
        address = f"{step.address(flow.id)}.ask"
        if flow.id != "eligibility" or step.says is None:
            return self.catalogued(address)
        return self.spoken(Say(address, step.says(Case({}, self.context))))

    def label(self, option: Option, address: str) -> str:
        """An option, with the figures of the law it names."""
        if option.figures is None:
            return self.catalogued(address)
        return self.spoken(option.label(address, Case({}, self.context)))

    def catalogued(self, msgid: str) -> str:
        """Words as they stand in the catalogue, placeholders by their names; empty where a flow has none."""
        found = self.speech.catalogues[self.language].gettext(msgid)
        return "" if found == msgid else BLANK.sub("…", found)

    def results(self, walked: Walked) -> Iterable[dict[str, Any]]:
        """Every regime and amount a path can end with."""
        grouped: dict[tuple[int, Decimal, str], dict[str, Any]] = {}
        for found, count in walked.ends.items():
            key = (ids.REGIMES.index(found.regime), found.amount or Decimal(-1), found.period or "")
            row = grouped.setdefault(
                key,
                {"regime": self.say(f"regime.{found.regime}"), "amount": self.amount(found), "paths": 0, "person": 0},
            )
            row["paths"] += count
            row["person"] += count if found.ask_person else 0
        return [grouped[key] for key in sorted(grouped)]

    def amount(self, found: amo.Assessment) -> str:
        """To the centime, with its period."""
        if found.amount is None:
            return "—"
        said = self.say("factcheck.amount", amount=Money(found.amount))
        return f"{said} {self.say(f'factcheck.period.{found.period}')}" if found.period else said

    def outcomes(self) -> Iterable[dict[str, str]]:
        """What is said of each regime."""
        for regime in ids.REGIMES:
            yield {
                "name": self.say(f"regime.{regime}"),
                "says": self.say(f"eligibility.result.regime.{regime}"),
            }

    def rules(self) -> Iterable[dict[str, str]]:
        """Every rule: its row, its sentence, its texts."""
        for reason in ids.REASONS:
            rule = self.facts.rules.rules[reason]
            sentence = "" if reason == "at_least" else self.spoken(result.reason(reason, self.context))
            yield {
                "row": rule.row,
                "id": reason,
                "says": sentence or self.catalogued("eligibility.result.amount.at_least"),
                "source": self.spoken(rule_source(reason, self.context)),
                "figures": {"ar": "؛ ", "fr": " ; "}[self.language].join(
                    self.say(f"fact.{name}") for name in rule.facts
                ),
            }

    def words(self) -> Iterable[str]:
        """Everything else a result may say, with today's figures where it has some."""
        for standing in ids.RNA[:-1]:
            yield self.spoken(result.register_line(amo.Assessment("tns_artisan", rna=standing), self.context))
        yield self.spoken(result.covers(self.context))
        for msgid in result.result_sayings():
            head = msgid.removeprefix("eligibility.result.").partition(".")[0]
            if head in ("amount", "pay", "step", "check", "papers", "ask_person", "orientation"):
                yield self.catalogued(msgid)

    # -- the rest ---------------------------------------------------------------------------------

    def faq(self) -> Iterable[dict[str, str]]:
        """Each question people ask, with its answer and where it comes from."""
        for topic in TOPICS:
            answer = self.facts.rules.answers[topic]
            yield {
                "name": self.say(f"questions.name.{topic}"),
                "says": self.spoken(said(topic, self.context)),
                "source": self.spoken(source_of(topic, self.context)),
                "texts": self.spoken(texts(answer.texts, self.context)),
            }

    def other(self, flow: Flow) -> dict[str, Any]:
        """A flow drawn in order, with its questions and its ends."""
        ends = (*flow.stops, *flow.outcomes)
        places = [(step.id, self.name(flow, step)) for step in flow.steps]
        places += [(end.id, self.end(flow, end)) for end in ends]
        chain = [id for id, _ in places[: len(flow.steps)]]
        arrows = set(pairwise(chain))
        arrows |= {(chain[-1] if chain else end.id, end.id) for end in ends if chain}
        return {
            "name": self.say(f"factcheck.flow.{flow.id}"),
            "drawing": picture(places, arrows, self.language),
            "questions": [self.shown(flow, step) for step in flow.steps],
            "ends": [
                {
                    "says": self.catalogued(f"{flow.id}.{end.id}.ask"),
                    "options": [self.catalogued(f"{flow.id}.{end.id}.option.{o.id}") for o in end.options],
                }
                for end in ends
            ],
        }

    def end(self, flow: Flow, end: Outcome) -> str:
        """An end of a flow in a few words: its first line."""
        first = self.catalogued(f"{flow.id}.{end.id}.ask").partition("\n")[0]
        return first[:60] or self.say("factcheck.end.result")


def _value(name: str, value: Decimal) -> str:
    """A figure as it is said: shares in per cent, thousands apart."""
    if name.endswith(("rate", "rate.goods", "rate.services", "_share", "refund_hospital")):
        return f"{_comma((value * 100).normalize())}\u00a0%"
    return _comma(value)


def _comma(number: Decimal | None) -> str:
    return "" if number is None else grouped_number(number)


def write(folder: Path, speech: Speech, flows: Mapping[str, Flow], context: TurnContext) -> list[Path]:
    """One document a language, on the day of the facts' edition."""
    context, made = replace(context, today=date.fromisoformat(context.facts.edition)), []
    walked = walk(flows["eligibility"], context)
    for language in speech.catalogues:
        path = folder / f"factcheck.{language}.html"
        path.write_text(Document(speech, language, flows, context).html(walked), encoding="utf-8")
        made.append(path)
    return made
