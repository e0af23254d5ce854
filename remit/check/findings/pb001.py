"""What stands in a file cannot be read as a playbook.

It is not YAML, or larger than 8 MB; a key is unknown or stands there twice; a value is of the wrong
type, or a list is empty. The loader reports all of them at once, and nothing is proved before they
are gone. What a value means is said by its place: `no` is Norwegian under `languages`, and a number
that is meant as text stands in quotes.

Anti-pattern::

    rules:
      - id: refund
        when: {kind: conversation, topik: refund}
        owner: cm
        play: reply

Better::

    rules:
      - id: refund
        when: {kind: conversation, topic: refund}
        owner: cm
        play: reply

What to do::

    Correct the line that is named. An editor that knows the schema, which `remit schema` prints,
    marks such lines while they are typed.
"""

from __future__ import annotations

CODE = "PB001"
