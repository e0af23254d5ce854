"""The seed of the whole product on one page: who owns what, told to whoever reads no YAML.

`facts` finds what is true of a playbook, `tongue` has what a language says, `english` and `indonesian`
fill it in, `conditions` and `sentences` put the two together, `sections` and `picture` make the views
that the templates lay out, and `pages` renders them.
"""

from __future__ import annotations

from remit.cli.charter.facts import Facts, gather
from remit.cli.charter.pages import as_html, as_markdown
from remit.cli.charter.sections import page_of
from remit.cli.charter.tongues import TONGUES

__all__ = ["TONGUES", "Facts", "as_html", "as_markdown", "gather", "page_of"]
