"""How the desk is: whether its memory answers, and counts without a word of anybody."""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import delivery, person_request, unanswered
from models.inbound import Inbound
from services.unheard import UnheardReason


def database_answers(db: Session) -> bool:
    """Return whether the database answers. Raises what the database raises."""
    return db.scalar(sa.select(1)) == 1


def metrics_lines(
    db: Session, faults: Mapping[str, int], unheard: Mapping[tuple[str, UnheardReason], int]
) -> list[str]:
    """Return counts in the Prometheus text format. `faults`: bugs since the start, by use case; `unheard`: what could
    not be heard since the start, by channel and reason.
    """
    lines = ["# HELP hirfa_deliveries Messages to people.", "# TYPE hirfa_deliveries gauge"]
    for (channel, kind, state), count in sorted(delivery.count_deliveries(db).items()):
        labels = f'channel="{channel}",kind="{kind}",state="{state}"'
        lines.append(f"hirfa_deliveries{{{labels}}} {count}")
    lines += ["# HELP hirfa_inbound Messages from people.", "# TYPE hirfa_inbound gauge"]
    rows = db.execute(
        sa.select(Inbound.channel, Inbound.state, sa.func.count()).group_by(Inbound.channel, Inbound.state)
    )
    found = {(channel, state): count for channel, state, count in rows}
    for (channel, state), count in sorted(found.items()):
        lines.append(f'hirfa_inbound{{channel="{channel}",state="{state}"}} {count}')
    lines += [
        "# HELP hirfa_person_requests People who asked for a person.",
        "# TYPE hirfa_person_requests gauge",
    ]
    for state, count in sorted(({person_request.RequestState.OPEN: 0} | person_request.count_requests(db)).items()):
        lines.append(f'hirfa_person_requests{{state="{state}"}} {count}')
    lines += ["# HELP hirfa_unanswered Questions nobody had an answer for.", "# TYPE hirfa_unanswered gauge"]
    for state, count in sorted(({unanswered.UnansweredState.WAITING: 0} | unanswered.count_questions(db)).items()):
        lines.append(f'hirfa_unanswered{{state="{state}"}} {count}')
    lines += ["# HELP hirfa_faults_total Bugs met since the start.", "# TYPE hirfa_faults_total counter"]
    for use_case, count in sorted(faults.items()):
        lines.append(f'hirfa_faults_total{{use_case="{use_case}"}} {count}')
    lines += [
        "# HELP hirfa_unheard_total What reached a door and was not heard, since the start.",
        "# TYPE hirfa_unheard_total counter",
    ]
    for (channel, reason), count in sorted(unheard.items()):
        lines.append(f'hirfa_unheard_total{{channel="{channel}",reason="{reason}"}} {count}')
    return lines
