"""charter: who owns what, on one page, for whoever reads no YAML."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from remit.cli.output import say
from remit.model import InputError
from remit.playbook import load_playbook

FORMATS = ("md", "html")


def charter(path: Path, lang: str, since: datetime | None, format_: str) -> None:
    """Print it. With `since`, the next days off are named."""
    from flows.calendars import PublicHolidays
    from remit.check import Given, Study
    from remit.cli.charter import TONGUES, as_html, as_markdown, gather, page_of
    from remit.cli.given import today
    from remit.cli.waiting import waiting

    if lang not in TONGUES:
        raise InputError(f"a charter has no language {lang!r}; choose {' or '.join(TONGUES)}")
    if format_ not in FORMATS:
        raise InputError(f"there is no format {format_!r}; choose {' or '.join(FORMATS)}")
    playbook = load_playbook(path)
    given = Given(since.date() if since else today(playbook), PublicHolidays())
    with waiting("Writing the charter"):
        facts = gather(Study(playbook, given), language=lang, dated=since is not None)
        page = page_of(facts, TONGUES[lang])
    say((as_html if format_ == "html" else as_markdown)(page).rstrip("\n"))
