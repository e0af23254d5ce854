"""PB030 is found where templates can be rendered, and told with the rest."""

from __future__ import annotations

from datetime import date

from remit.check import Given, Study
from remit.check.proof import prove
from remit.model import Finding, Outcome, Play, Playbook, Role, Rule


def test_what_was_found_in_templates_is_among_the_findings():
    found = Finding(code="PB030", file="templates/sorry.j2", line=5, message="a; b; c")
    playbook = Playbook(
        brand="kopi",
        roles={"cm": Role(id="cm", title="CM")},
        otherwise=Rule(id="otherwise", outcome=Outcome(owner="cm", play=Play.log)),
    )
    study = Study(playbook, Given(date(2027, 1, 1), templates=(found,)))
    assert found in prove(study)
