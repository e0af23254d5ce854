"""A name is used that nothing declares.

A role, person, topic, channel, template, escalation, approval or rule is named, and the playbook has
none of that name; or the name could mean two things, as in a step that notifies a role and a person
of one name.

Anti-pattern::

    rules:
      - id: refund
        when: {kind: conversation, topic: refund}
        owner: community
        play: reply

Better::

    rules:
      - id: refund
        when: {kind: conversation, topic: refund}
        owner: cm
        play: reply

What to do::

    Use a name that is there: the nearest one is guessed. Or declare the one that is meant.
"""

from __future__ import annotations

CODE = "PB002"
