"""All commands, one place to see them. Each is thin; the work lies in the modules beside this one."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from remit.cli.home import SANDBOX_PORT, SERVER_PORT
from remit.cli.output import Format

app = typer.Typer(
    name="remit",
    help="Who owns what of a brand's online presence: proved, run and measured.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

PathArgument = Annotated[
    Path, typer.Argument(metavar="PATH", help="A brand's folder, or its playbook.yaml.")
]


def _ordinary(day: datetime | None) -> datetime | None:
    """A year of hours and holidays must follow it."""
    if day is not None and not 1970 <= day.year < 8000:
        raise typer.BadParameter("name a day between 1970 and 7999")
    return day


FromOption = Annotated[
    datetime | None,
    typer.Option(
        "--from",
        metavar="DATE",
        callback=_ordinary,
        formats=["%Y-%m-%d"],
        help="First day to look at hours and holidays; today where it is left out.",
    ),
]
FormatOption = Annotated[
    Format, typer.Option("--format", help="text for people, json for machines.")
]
BrandOption = Annotated[
    str | None, typer.Option("--brand", help="Which brand; may be left out where there is one.")
]
PersonOption = Annotated[
    str, typer.Option("--as", metavar="PERSON", help="Who decides: a person of the playbook.")
]
CaseArgument = Annotated[int, typer.Argument(metavar="CASE", help="The number of the case.")]
PortOption = Annotated[int, typer.Option("--port", help="Of the Prefect server.")]
SandboxPortOption = Annotated[int, typer.Option("--sandbox-port", help="Of the sandbox page.")]


# Playbooks -------------------------------------------------------------------------------------


@app.command(epilog="Example: remit check playbooks/kopi --from 2027-01-01 --format github")
def check(
    path: PathArgument,
    since: FromOption = None,
    format: Annotated[  # noqa: A002 - the option's name
        str, typer.Option("--format", help="text, json, sarif or github.")
    ] = "text",
    leave: Annotated[
        bool, typer.Option("--leave", help="Count the leave that this home's ledger knows of.")
    ] = False,
) -> None:
    """Prove that every event has exactly one owner, and find all else that is wrong with a playbook.

    Exit 0: no error, 1: errors, 2: could not run.
    """
    from remit.cli import checking

    raise typer.Exit(checking.check(path, since, format, leave=leave))


@app.command(epilog="Example: remit explain playbooks/kopi event.json")
def explain(
    path: PathArgument,
    event: Annotated[
        Path,
        typer.Argument(metavar="EVENT.json", help="One event; - reads it from standard input."),
    ],
    format: FormatOption = Format.text,  # noqa: A002
) -> None:
    """Say who owns an event, and why: every rule tried, and the test that failed."""
    from remit.cli import playbooks

    playbooks.explain(path, event, format)


@app.command(epilog="Example: remit test playbooks/kopi --coverage")
def test(
    path: PathArgument,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Name the rules that no scenario reaches.")
    ] = False,  # noqa: PT028 - no test of pytest's
    format: FormatOption = Format.text,  # noqa: A002, PT028
) -> None:
    """Run the playbook's scenarios. Exit 0: all hold, 1: some do not, 2: could not run."""
    from remit.cli import testing

    raise typer.Exit(testing.test(path, format, coverage=coverage))


@app.command(epilog="Example: remit diff main/playbooks/kopi playbooks/kopi --format github")
def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The playbook as it was.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The playbook as it would be.")],
    since: FromOption = None,
    format: Annotated[  # noqa: A002
        str, typer.Option("--format", help="text, json or github.")
    ] = "text",
) -> None:
    """Say which events would change owner or treatment, with an example of each.

    Exit 0: none, 1: some, 2: could not run.
    """
    from remit.cli import diffing

    raise typer.Exit(diffing.diff(old, new, since, format))


@app.command(
    epilog="Example: remit replay playbooks/kopi events.jsonl.gz --against old/kopi --format html > moved.html"
)
def replay(
    path: PathArgument,
    events: Annotated[
        Path,
        typer.Argument(
            metavar="EVENTS", help="One event a line, .jsonl or .jsonl.gz; - for standard input."
        ),
    ],
    against: Annotated[
        Path | None, typer.Option("--against", metavar="OLD", help="Compare with this playbook.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="DECISIONS.jsonl", help="Write every decision, in the order read."
        ),
    ] = None,
    format: Annotated[  # noqa: A002
        str, typer.Option("--format", help="text, json or html.")
    ] = "text",
) -> None:
    """Send real history through a playbook: who would have owned what, and what moved.

    Exit 0: all was read, 1: some lines are no events, or some events have no owner, 2: could not run.
    """
    from remit.cli import replaying

    replaying.replay(path, events, against, out, format)


@app.command(
    "import",
    epilog="Example: remit import comments.csv --map text=Comment,time=Posted --set platform=instagram --out events.jsonl",
)
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="Anyone's export.")],
    mapping: Annotated[
        str, typer.Option("--map", metavar="FIELD=COLUMN,...", help="Which column is which field.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="EVENTS.jsonl", help="Where to write.")],
    fixed: Annotated[
        str, typer.Option("--set", metavar="FIELD=VALUE,...", help="Fields that no column has.")
    ] = "",
    timezone: Annotated[str, typer.Option("--timezone", help="Of times that name none.")] = "UTC",
) -> None:
    """Turn anyone's export into events for replay.

    Exit 0: all rows, 1: some rows are no events and were left out, 2: could not run.
    """
    from remit.cli import importing

    importing.import_csv(file, mapping, out, fixed, timezone)


@app.command(epilog="Example: remit charter playbooks/kopi --lang id --format html > kopi.html")
def charter(
    path: PathArgument,
    lang: Annotated[str, typer.Option("--lang", help="id or en.")] = "en",
    format: Annotated[  # noqa: A002
        str, typer.Option("--format", help="md or html.")
    ] = "md",
    since: FromOption = None,
) -> None:
    """Say on one page who owns what, for whoever reads no YAML."""
    from remit.cli import chartering

    chartering.charter(path, lang, since, format)


@app.command(epilog='Example: remit topics playbooks/kopi --try "gw kracunan abis minum kopi lo"')
def topics(
    path: PathArgument,
    text: Annotated[
        str | None,
        typer.Option("--try", metavar="TEXT", help="Say what it holds, and what it nearly does."),
    ] = None,
    format: FormatOption = Format.text,  # noqa: A002
) -> None:
    """Say what each topic matches, and why a text holds it or does not."""
    from remit.cli import wording

    wording.topics(path, text, format)


@app.command(epilog="Example: remit schema > playbook.schema.json")
def schema() -> None:
    """Print the JSON Schema of playbook.yaml, for editors."""
    from remit.cli import playbooks

    playbooks.schema()


@app.command(epilog="Example: remit new warung")
def new(
    brand: Annotated[str, typer.Argument(metavar="BRAND", help="Its id, and the folder's name.")],
    into: Annotated[
        Path, typer.Option("--into", metavar="FOLDER", help="Where brands' folders lie.")
    ] = Path("playbooks"),
) -> None:
    """Write a playbook to start from: two roles, a few rules, scenarios, templates."""
    from remit.cli import beginning

    beginning.new(brand, into)


# Running ---------------------------------------------------------------------------------------


@app.command(epilog="Example: remit up playbooks/kopi")
def up(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Brand folders to put in force.")
    ],
    port: PortOption = SERVER_PORT,
    sandbox_port: SandboxPortOption = SANDBOX_PORT,
    isolated: Annotated[
        bool,
        typer.Option("--isolated", help="A process for each run: some seconds and 100 MB each."),
    ] = False,
) -> None:
    """Start all of it on this machine: Prefect, the worker, and the sandbox where a playbook uses it.

    With PREFECT_API_URL set, that server is used. One Ctrl-C stops everything; a second start
    continues where the first ended.
    """
    import asyncio

    from remit.cli import up as starting

    asyncio.run(starting.up(paths, port=port, sandbox_port=sandbox_port, isolated=isolated))


@app.command(epilog="Example: remit demo --headless --format json")
def demo(
    headless: Annotated[
        bool, typer.Option("--headless", help="Decide as the sample people would, then end.")
    ] = False,
    format: FormatOption = Format.text,  # noqa: A002
    port: PortOption = SERVER_PORT,
    sandbox_port: SandboxPortOption = SANDBOX_PORT,
    playbook: Annotated[Path, typer.Option("--playbook", help="The sample brand.")] = Path(
        "playbooks/kopi"
    ),
) -> None:
    """Play a coffee chain's messages through the sandbox and leave drafts waiting in the Prefect UI."""
    import asyncio

    from remit.cli import demo as playing

    code = asyncio.run(
        playing.demo(
            playbook, headless=headless, format_=format, port=port, sandbox_port=sandbox_port
        )
    )
    raise typer.Exit(code)


@app.command(epilog="Example: remit deploy playbooks/kopi")
def deploy(
    path: PathArgument,
    prefect_yaml: Annotated[
        bool,
        typer.Option(
            "--prefect-yaml", help="Print a prefect.yaml that does the same; change nothing."
        ),
    ] = False,
) -> None:
    """Put a playbook in force: keep its bundle and compile it into Prefect. Run twice, nothing changes."""
    from remit.cli import running

    running.deploy(path, prefect_yaml=prefect_yaml)


@app.command(epilog="Example: remit status --audit --format json")
def status(
    audit: Annotated[
        bool, typer.Option("--audit", help="Compare the ledger with what the platforms show.")
    ] = False,
    brand: BrandOption = None,
    format: FormatOption = Format.text,  # noqa: A002
) -> None:
    """What is open, due, overdue, held and unknown. With --audit, exit 1 if anything is lost, doubled or unapproved."""
    from remit.cli import running

    raise typer.Exit(running.status(brand, format, audit=audit))


@app.command(epilog='Example: remit stop "wrong price in the campaign"; remit stop --lift')
def stop(
    reason: Annotated[
        str | None, typer.Argument(metavar="REASON", help="Why; everybody sees it.")
    ] = None,
    lift: Annotated[bool, typer.Option("--lift", help="End the stop.")] = False,
    person: Annotated[str | None, typer.Option("--as", metavar="PERSON", help="Who stops.")] = None,
    brand: BrandOption = None,
) -> None:
    """Stop every send of a brand, at once."""
    from remit.cli import running

    running.stop(brand, reason, person, lift=lift)


@app.command(epilog="Example: remit brief launch")
def brief(
    name: Annotated[
        str, typer.Argument(metavar="BRIEF", help="The id of a brief of the deployed playbook.")
    ],
    brand: BrandOption = None,
) -> None:
    """Hand in a campaign's brief; the playbook says whose it is, and a run plans it."""
    from remit.cli import running

    running.brief(brand, name)


@app.command(
    epilog="Example: remit away sari 2027-03-08..2027-03-16 --cover bayu; remit away; remit away --withdraw 3"
)
def away(
    person: Annotated[
        str | None, typer.Argument(metavar="PERSON", help="Who; left out, all leave is listed.")
    ] = None,
    days: Annotated[
        str | None,
        typer.Argument(metavar="FROM..TO", help="The first and the last day; or one day."),
    ] = None,
    cover: Annotated[
        str | None, typer.Option("--cover", metavar="PERSON", help="Who is told in their place.")
    ] = None,
    by: Annotated[
        str | None, typer.Option("--as", metavar="PERSON", help="Who records or withdraws it.")
    ] = None,
    withdraw: Annotated[
        int | None, typer.Option("--withdraw", metavar="N", help="The number of a leave.")
    ] = None,
    brand: BrandOption = None,
    format: FormatOption = Format.text,  # noqa: A002
) -> None:
    """Record who is on leave and who stands in. Whoever is away is told nothing, and approves nothing."""
    from remit.cli import away as leave

    leave.away(person, days, cover, by, withdraw, brand, format)


# Cases -----------------------------------------------------------------------------------------


@app.command(
    epilog="Example: remit cases --role cm --due today; remit case 12; remit decide 12 approve --as sari"
)
def cases(
    role: Annotated[str | None, typer.Option("--role", help="Only what this role owns.")] = None,
    person: Annotated[
        str | None, typer.Option("--person", help="Only what this person has.")
    ] = None,
    due: Annotated[
        str | None,
        typer.Option(
            "--due",
            metavar="WHEN",
            help="today (overdue included), soon, overdue, or a day like 2027-03-01.",
        ),
    ] = None,
    topic: Annotated[str | None, typer.Option("--topic", help="Only about this topic.")] = None,
    state: Annotated[
        str | None, typer.Option("--state", help="Only in this state, for example drafted.")
    ] = None,
    severity: Annotated[
        str | None, typer.Option("--severity", help="low, normal, high or critical.")
    ] = None,
    waiting: Annotated[
        bool, typer.Option("--waiting", help="Only what waits for somebody outside.")
    ] = False,
    every: Annotated[bool, typer.Option("--all", help="Finished ones too.")] = False,
    brand: BrandOption = None,
    format: FormatOption = Format.text,  # noqa: A002
) -> None:
    """List the cases: what is due first on top, who has it, and why nothing was sent where nothing was.

    `remit case` shows one of them whole, and `remit decide` decides on its draft.
    """
    from remit.cli import caselist

    wish = caselist.Wish(role, person, due, topic, state, severity, waiting)
    caselist.list_cases(brand, wish, format, every=every)


@app.command(epilog="Example: remit case 12; remit case 12 --format json")
def case(
    number: CaseArgument,
    format: FormatOption = Format.text,  # noqa: A002
) -> None:
    """Show one case whole: the conversation, the clocks, the draft, and what can be done from here."""
    from remit.cli import caseview

    caseview.show_case(number, format)


@app.command(epilog="Example: remit ack 12 --as sari")
def ack(case: CaseArgument, person: PersonOption) -> None:
    """Say "I have it": stops the escalation, not the response clock."""
    from remit.cli import work

    work.acknowledge(case, person)


@app.command(epilog='Example: remit resolve 12 --as sari --reason "settled by phone"')
def resolve(
    case: CaseArgument,
    person: PersonOption,
    reason: Annotated[str, typer.Option("--reason", help="Why no answer is needed.")] = "",
) -> None:
    """Close a case without a reply."""
    from remit.cli import work

    work.resolve(case, person, reason)


@app.command(
    epilog='Example: remit wait 12 --as sari --for supplier --reason "asked for the invoice"; remit wait 12 --over --as sari'
)
def wait(
    case: CaseArgument,
    person: PersonOption,
    for_: Annotated[
        str,
        typer.Option(
            "--for",
            metavar="WHOM",
            help="author, supplier, partner, platform, legal or other.",
        ),
    ] = "author",
    reason: Annotated[str, typer.Option("--reason", help="What is waited for.")] = "",
    over: Annotated[
        bool, typer.Option("--over", help="Go on; the author has not written.")
    ] = False,
) -> None:
    """Stop a case's clocks while somebody outside has to act first. When the author writes, it goes on."""
    from remit.cli import work

    work.wait(case, person, for_, reason, over=over)


@app.command(
    epilog="Example: remit claim 12 --as sari --minutes 45; remit claim 12 --release --as sari"
)
def claim(
    case: CaseArgument,
    person: PersonOption,
    minutes: Annotated[int, typer.Option("--minutes", help="For how long.")] = 30,
    release: Annotated[bool, typer.Option("--release", help="Let others have it again.")] = False,
) -> None:
    """Have a case for yourself for a while: nobody else can decide on it meanwhile."""
    from remit.cli import work

    work.claim(case, person, minutes, release=release)


@app.command(
    epilog="Example: remit handoff 12 --to smm --as sari; remit handoff 12 --accept --as dewi"
)
def handoff(
    case: CaseArgument,
    person: PersonOption,
    to: Annotated[
        str | None, typer.Option("--to", metavar="ROLE", help="The role that takes over.")
    ] = None,
    accept: Annotated[bool, typer.Option("--accept", help="Take over what was offered.")] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why.")] = "",
) -> None:
    """Offer a case to another role, or accept one. The owner changes when the other role accepts."""
    from remit.cli import work

    work.handoff(case, person, to, reason, accept=accept)


@app.command(
    epilog='Example: remit decide 12 approve --as sari; remit decide 12 edit --as sari --text "Halo kak, ..."'
)
def decide(
    case: CaseArgument,
    verdict: Annotated[str, typer.Argument(metavar="VERDICT", help="approve, edit or reject.")],
    person: PersonOption,
    text: Annotated[
        str | None,
        typer.Option(
            "--text",
            help="The answer as it should go out, for edit; on a terminal, left out, your $EDITOR opens.",
        ),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why; needed for reject.")] = "",
    code: Annotated[
        str | None,
        typer.Option(
            "--code",
            envvar="REMIT_CODE",
            help="Your one-time code; on a terminal it is asked for where the approval wants one.",
        ),
    ] = None,
) -> None:
    """Decide on a case's draft, by the same function that the form calls; `remit case` shows it."""
    from remit.cli import work

    work.decide(case, verdict, person, text, reason, code)


@app.command(epilog="Example: remit enrol ratna; remit enrol ratna --again")
def enrol(
    person: Annotated[str, typer.Argument(metavar="PERSON", help="A person of the playbook.")],
    again: Annotated[
        bool, typer.Option("--again", help="Replace the codes of a device that was lost.")
    ] = False,
    brand: BrandOption = None,
) -> None:
    """Give a person one-time codes, for approvals that say `identity: verified`."""
    from remit.cli import enrolling

    enrolling.enrol(brand, person, again=again)


@app.command(
    epilog="Example: remit slot 3 --at 2027-03-01T10:00+07:00 --as dewi; remit slot 3 --drop --as dewi"
)
def slot(
    number: Annotated[int, typer.Argument(metavar="SLOT", help="The number of the slot.")],
    person: PersonOption,
    at: Annotated[
        datetime | None,
        typer.Option(
            "--at",
            formats=["%Y-%m-%dT%H:%M%z", "%Y-%m-%dT%H:%M:%S%z"],
            help="Its new time, with the zone's offset.",
        ),
    ] = None,
    drop: Annotated[bool, typer.Option("--drop", help="Never publish it.")] = False,
) -> None:
    """Re-time or drop a slot, for example one that came back because its time passed under a hold."""
    from remit.cli import work

    work.slot(number, person, at, drop=drop)


@app.command(
    epilog='Example: remit hold; remit hold 3 --confirm --as dewi; remit hold 3 --drop --as sari --reason "a joke"'
)
def hold(
    number: Annotated[
        int | None, typer.Argument(metavar="HOLD", help="Its number; without it, all are listed.")
    ] = None,
    confirm: Annotated[bool, typer.Option("--confirm", help="It stays.")] = False,
    drop: Annotated[bool, typer.Option("--drop", help="It was not needed; it ends now.")] = False,
    person: Annotated[
        str | None, typer.Option("--as", metavar="PERSON", help="Who decides.")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why, for --drop.")] = "",
    role: Annotated[
        str | None, typer.Option("--role", help="Only those of this role, on either side.")
    ] = None,
    brand: BrandOption = None,
    format: FormatOption = Format.text,  # noqa: A002
) -> None:
    """List the holds that are on, or confirm or drop one in a step.

    Either side may confirm; only the case's side may drop, never the role whose posts wait.
    """
    from remit.cli import holding

    if number is None:
        holding.list_holds(brand, role, format)
    else:
        holding.settle_hold(brand, number, person, reason, confirm=confirm, drop=drop)


@app.command(epilog="Example: remit storms --format json")
def storms(
    every: Annotated[
        bool, typer.Option("--all", help="Also those that are over and answered.")
    ] = False,
    brand: BrandOption = None,
    format: FormatOption = Format.text,  # noqa: A002
) -> None:
    """List the storms: how much was said, who was answered, and who was not."""
    from remit.cli import holding

    holding.list_storms(brand, format, every=every)


@app.command(epilog="Example: remit storm 2; remit storm 2 --answer --as ratna")
def storm(
    number: Annotated[int, typer.Argument(metavar="STORM", help="The number of the storm.")],
    answer: Annotated[
        bool,
        typer.Option("--answer", help="Approve every member's draft that is the approved words."),
    ] = False,
    person: Annotated[
        str | None, typer.Option("--as", metavar="PERSON", help="Who decides.")
    ] = None,
    format: FormatOption = Format.text,  # noqa: A002
) -> None:
    """Show one storm, or answer all who wait with its approved words, each judged by itself.

    With --answer, exit 0: nobody is left, 1: some are, and each is named with the reason.
    """
    from remit.cli import holding

    if answer:
        raise typer.Exit(holding.answer_storm(number, person, format))
    holding.show_storm(number, format)


@app.command(epilog="Example: remit settle 7 --published --as sari")
def settle(
    publication: Annotated[
        int, typer.Argument(metavar="PUBLICATION", help="As `remit status` names it.")
    ],
    person: PersonOption,
    published: Annotated[
        bool, typer.Option("--published/--not-published", help="What you found on the platform.")
    ],
) -> None:
    """Say what became of a message of which only a look at the platform could tell."""
    from remit.cli import work

    work.settle(publication, person, published=published)
