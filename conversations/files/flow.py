"""The person's file: chosen among those of the phone, shown to who is its person, with what may be done."""

from collections.abc import Callable

from conversations.context import FileView
from conversations.desk.open_forms import DRAFT_ID, GIVE_PROOF, TAKE_UP
from conversations.forms.flow import TO_MENU, Case, Command, Flow, Option, Outcome, Step, always
from conversations.forms.kinds import Birth, Choice, Search
from conversations.values import Lines, Named, Placeholder, Reply, Say

FILES, PROVE, FILE, ERASE, STOPS = "files", "prove", "file", "erase", "stops"
OTHERS = Option("others", leads_to=FILES)
# Kinds of message one may do without; `all` is every one nobody asked for.
MUTABLE_KINDS = ("sessions", "news", "file")


def found(case: Case) -> FileView | None:
    """The file a form is about, as long as it may be shown."""
    return case.context.lookups.file(str(case.answers.get("file")))


def gone(case: Case) -> bool:
    """There is no such file on this phone any more."""
    return found(case) is None


def asleep(case: Case) -> bool:
    """It was not looked at for so long that its person must be known again."""
    file = found(case)
    return file is not None and not file.fresh


def of(holds: Callable[[FileView], bool]) -> Callable[[Case], bool]:
    """An option for some files."""

    def check(case: Case) -> bool:
        file = found(case)
        return file is not None and holds(file)

    return check


def leaving(file: FileView) -> bool:
    """It is to be erased."""
    return file.erase_on is not None


def staying(file: FileView) -> bool:
    """Nobody asked to erase it."""
    return file.erase_on is None


def shown(case: Case) -> Reply:
    """Reference, name, status; the card; what is to come."""
    file = found(case)
    if file is None:
        return Reply((Say("file.gone.ask"),))
    told: dict[str, Placeholder] = {"name": file.name, "reference": Named.same(file.reference), "since": file.since}
    lines = [Say("file.shown.ask", told), Say(f"file.state.{file.state}")]
    if file.cin:
        lines.append(Say("file.shown.cin", {"cin": Named.same(file.cin)}))
    else:
        lines.append(Say("file.shown.no_cin"))
    if file.erase_on is not None:
        lines.append(Say("file.shown.erased_on", {"when": file.erase_on}))
    return Reply((Lines(tuple(lines), flat=True),))


def whose(option: str) -> Callable[[Case], bool]:
    """What was chosen beside the files."""
    return lambda case: case.answers.get("whose") == option


def which_or_none(case: Case) -> dict[str, Placeholder]:
    """Which file, or that there is none on this phone and whom to ask."""
    any_file = case.context.sources[FILES].find("", case.answers, 0)[0]
    return {"asks": Say("files.which") if any_file else Say("files.nothing_here")}


def draft_chosen(case: Case) -> bool:
    """Whether a form that waits was chosen, rather than a file."""
    return str(case.answers.get("whose")).startswith(DRAFT_ID)


FILE_LIST = Flow(
    id=FILES,
    version=1,
    command=Command("file", "file", 120),
    steps=(
        Step(
            "whose", Search("files", shows=True), (Option("new"), Option("stops"), Option("erase")), says=which_or_none
        ),
    ),
    outcomes=(
        Outcome("another", when=whose("new"), options=(TO_MENU,), leads_to="another"),
        Outcome("stopping", when=whose("stops"), options=(TO_MENU,), leads_to=STOPS),
        Outcome("erasing", when=whose("erase"), options=(TO_MENU,), leads_to=ERASE),
        Outcome("unfinished", when=draft_chosen, options=(TO_MENU,), operation=TAKE_UP),
        Outcome("chosen", when=always, options=(OTHERS, TO_MENU), operation="open_file"),
    ),
    keeps=(),
    personal=True,
)

PROOF = Flow(
    id=PROVE,
    version=1,
    given=("file",),
    steps=(Step("proof", Birth(proof=True)),),
    outcomes=(Outcome("proved", when=always, options=(OTHERS, TO_MENU), operation=GIVE_PROOF),),
    keeps=(),
    personal=True,
)

ONE = Flow(
    id=FILE,
    version=1,
    given=("file",),
    steps=(),
    stops=(
        Outcome("gone", when=gone, options=(OTHERS, TO_MENU)),
        Outcome("asleep", when=asleep, options=(OTHERS, TO_MENU)),
    ),
    outcomes=(
        Outcome(
            "shown",
            when=always,
            options=(
                Option("cin", operation="cin_link", when=of(lambda file: file.page and staying(file))),
                Option("correct", operation="correct", when=of(staying)),
                Option("card", operation="file_card"),
                Option("download", operation="download"),
                OTHERS,
                Option("stops", leads_to=STOPS),
                Option("keep", operation="keep_file", when=of(leaving)),
                Option("erase", leads_to=ERASE, carries=("file",), when=of(staying)),
                TO_MENU,
            ),
            says=shown,
            sayings=(
                *(f"file.shown.{each}" for each in ("ask", "cin", "no_cin", "erased_on")),
                "file.state.received",
            ),
        ),
    ),
    keeps=(),
    personal=True,
)


def when_erased(case: Case) -> Reply:
    """When everything is erased, and that it may still be stopped."""
    when = case.context.lookups.leaving()
    return Reply((Say("erase.leaving.ask", {"when": when} if when else {}),))


def several(case: Case) -> bool:
    """No file is meant yet, and there is one to choose."""
    return found(case) is None and bool(case.context.sources[FILES].find("", {}, 0)[0])


ERASING = Flow(
    id=ERASE,
    version=1,
    command=Command("erase"),
    given=("file",),
    steps=(
        Step(
            "what",
            Choice(),
            (
                Option("file", when=of(lambda file: True)),
                Option("one", when=several),
                Option("everything"),
                Option("nothing"),
            ),
        ),
        Step(
            "sure_erase",
            Choice(strict=True),
            (Option("erase"), Option("keep")),
            when=lambda case: case.answers.get("what") in ("file", "everything"),
        ),
    ),
    stops=(
        Outcome(
            "leaving",
            when=lambda case: case.context.lookups.leaving() is not None,
            options=(Option("stay", operation="keep_all"), TO_MENU),
            says=when_erased,
            sayings=("erase.leaving.ask",),
        ),
    ),
    outcomes=(
        Outcome(
            "asked",
            when=lambda case: case.answers.get("sure_erase") == "erase",
            options=(OTHERS, TO_MENU),
            operation="erase",
        ),
        Outcome("choosing", when=lambda case: case.answers.get("what") == "one", options=(TO_MENU,), leads_to=FILES),
        Outcome("kept", when=always, options=(OTHERS, TO_MENU)),
    ),
    keeps=(),
    personal=True,
)


def now_muted(case: Case) -> dict[str, Placeholder]:
    """Which messages come, and which do not, a line each."""
    muted = case.context.lookups.muted()
    return {kind: Say("stops.off" if kind in muted or "all" in muted else "stops.on") for kind in MUTABLE_KINDS}


STOPPING = Flow(
    id=STOPS,
    version=1,
    command=Command("stops"),
    steps=(Step("which", Choice(), (*map(Option, MUTABLE_KINDS), Option("all"), Option("receive")), says=now_muted),),
    outcomes=(Outcome("set", when=always, options=(TO_MENU,), operation="mute"),),
    keeps=(),
)
