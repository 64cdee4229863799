"""Every flow of the desk, by id."""

from collections.abc import Mapping

from conversations.eligibility.flow import FLOW as ELIGIBILITY
from conversations.flow import Flow
from conversations.welcome.flow import FLOW as WELCOME
from conversations.welcome.flow import RESUME

FLOWS: Mapping[str, Flow] = {flow.id: flow for flow in (WELCOME, RESUME, ELIGIBILITY)}
