"""Every flow of the desk, by id."""

from conversations.desk.flows import Flows
from conversations.eligibility.flow import FLOW as ELIGIBILITY
from conversations.files.flow import ERASING, FILE_LIST, ONE, PROOF, STOPPING
from conversations.questions.flow import FLOW as QUESTIONS
from conversations.register.flow import FLOW as REGISTER
from conversations.sessions.flow import FLOW as SESSIONS
from conversations.sessions.flow import SUBSCRIBE
from conversations.staff.approvals import FLOW as APPROVALS
from conversations.staff.broadcast import BROADCAST, CONFIRM, CORRECT
from conversations.staff.changes import CHANGES
from conversations.staff.people import INVITE, JOURNAL, MEMBER_NAME, MEMBER_PROVINCE, MEMBER_ROLE, STAFF
from conversations.staff.plan import DOOR, MANAGE, PLAN
from conversations.staff.requests import ANSWER, HAND_OVER, IN_PLACE, PAPER, REQUEST_QUEUE
from conversations.staff.sendings import FLOW as SENDINGS
from conversations.staff.sendings import HALT
from conversations.staff.status import STATUS
from conversations.staff.unanswered import FLOW as UNANSWERED
from conversations.welcome.flow import RESUME, services, welcome

ALL = (
    RESUME, ELIGIBILITY, QUESTIONS, SESSIONS, SUBSCRIBE, REGISTER,
    FILE_LIST, PROOF, ONE, ERASING, STOPPING,
    PLAN, MANAGE, DOOR, BROADCAST, CONFIRM, CORRECT, SENDINGS, HALT, CHANGES,
    APPROVALS, REQUEST_QUEUE, ANSWER, IN_PLACE, PAPER, HAND_OVER,
    STAFF, MEMBER_ROLE, MEMBER_NAME, MEMBER_PROVINCE, INVITE, JOURNAL, STATUS, UNANSWERED,
)  # fmt: skip
FLOWS = Flows((welcome(ALL), services(ALL), *ALL), resume=RESUME.id, questions=QUESTIONS.id)
