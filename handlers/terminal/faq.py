"""Questions as lines in, their topics as JSON lines out."""

import json
from collections.abc import Callable, Iterable

from conversations.context import Topics


def topics_of_lines(lines: Iterable[str], topics: Topics, show: Callable[[str], None]) -> None:
    """Show `{"topics": [...]}` a line, best first; empty when nothing fits. Blank lines too have one."""
    for line in lines:
        ids, _ = topics.rank(line.strip())
        show(json.dumps({"topics": list(ids)}))
