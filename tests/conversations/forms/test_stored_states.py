"""A stored chat of every version ever released still opens, at its place."""

import json
from pathlib import Path

import pytest

from conversations.desk import router
from conversations.desk.chat import from_json
from conversations.flows import FLOWS
from conversations.forms.flow import lift, locate
from conversations.values import Heard
from tests.desks import world

FOLDER = Path(__file__).parents[2] / "data" / "states"
STORED = sorted(FOLDER.glob("*.json"))


def test_every_version_has_one() -> None:
    kept = {path.stem for path in STORED}
    for flow in FLOWS.values():
        assert {f"{flow.id}.v{version}" for version in range(1, flow.version + 1)} <= kept


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_it_opens_at_its_place(path: Path) -> None:
    stored = json.loads(path.read_text(encoding="utf-8"))
    chat = from_json(stored["chat"])
    flow = FLOWS[chat.open]
    assert locate(flow, lift(flow, chat.form.state), world()).at.id == stored["place"]
    answered = router.decide(chat, Heard("1"), world(), FLOWS)
    assert answered.replies


def test_a_flow_this_release_no_longer_has_leads_to_the_menu() -> None:
    stored = json.loads((FOLDER / "eligibility.v1.json").read_text(encoding="utf-8"))["chat"]
    stored["open"] = "gone"
    stored["forms"]["gone"] = stored["forms"].pop("eligibility")
    decision = router.decide(from_json(stored), Heard("1"), world(), FLOWS)
    assert decision.replies
    assert decision.chat.open in FLOWS
