"""The insurance's rules: pure functions over dated facts. Knows no chat and no clock."""

from amo.assess import assess
from amo.assessment import Assessment
from amo.facts import Facts, load
from amo.rules import Rules
from amo.situation import Situation, read

__all__ = ["Assessment", "Facts", "Rules", "Situation", "assess", "load", "read"]
