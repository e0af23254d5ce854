"""What can become of a one-time code, and what is said to the person who gave it."""

from __future__ import annotations

RIGHT = "right"
"""What the ledger says of a one-time code that is the person's and was never taken before."""
WRONG = {
    "wrong_code": "This is not your one-time code, and nothing was sent. "
    "Read it again from your authenticator; if it goes on, the clock of that device is off.",
    "code_used": "This one-time code was taken before, and each is taken once. Nothing was sent. "
    "Wait for the next one, half a minute at most.",
    "not_enrolled": "You have no one-time codes yet, and nothing was sent. "
    "Let whoever runs Remit call: remit enrol PERSON.",
    "too_many_codes": "Too many wrong codes were tried under this name, so none is looked at for a "
    "while. Nothing was sent. Wait some minutes; if it was not you, tell whoever runs Remit.",
    "code_unreadable": "No code can be checked here, and nothing was sent. "
    "Let whoever runs Remit look at REMIT_ENROL_KEY: it is missing, or not the key of the enrolment.",
}
"""What is said of a code that is not."""

TRIES = 5
"""Wrong codes under one name within a few minutes, after which none is looked at for a while."""
TRIES_A_DAY = 20
"""The same for a day: ever so slowly, nobody gets far by guessing."""


def worn_out(lately: int, in_a_day: int) -> bool:
    """Whether so many wrong codes were tried that the next one is not looked at."""
    return lately >= TRIES or in_a_day >= TRIES_A_DAY
