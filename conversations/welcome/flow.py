"""The welcome: language, who this is, the menu. And the question asked of one who comes back."""

from conversations.flow import Flow, Option, Outcome, Step, always
from conversations.kinds import Choice

FLOW = Flow(
    id="welcome",
    version=1,
    steps=(Step("language", Choice(), (Option("ar"), Option("fr"))),),
    outcomes=(
        Outcome(
            "menu",
            when=always,
            options=(
                Option("eligibility", leads_to="eligibility"),
                Option("person", leads_to="person"),
                Option("language", leads_to="language"),
            ),
        ),
    ),
)

RESUME = Flow(
    id="resume",
    version=1,
    steps=(),
    outcomes=(
        Outcome(
            "draft",
            when=always,
            options=(
                Option("continue", leads_to="continue"),
                Option("restart", leads_to="restart"),
            ),
        ),
    ),
)
