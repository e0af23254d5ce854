"""A play lacks what it needs.

`reply` and `campaign` need an approval, in the rule or in `defaults`, because nothing goes out that
nobody approved. `reply` and `triage` need a person in the owner's role, because somebody has to do it.

Anti-pattern::

    roles:
      desk: {title: Service Desk}
    rules:
      - id: refund
        when: {kind: conversation, topic: refund}
        owner: desk
        play: triage

Better::

    roles:
      desk: {title: Service Desk, people: [sari]}
    rules:
      - id: refund
        when: {kind: conversation, topic: refund}
        owner: desk
        play: triage

What to do::

    Put a person into the role, or name another owner; name an approval in the rule, or one for all
    rules of a play under `defaults`.
"""

from __future__ import annotations

CODE = "PB003"
