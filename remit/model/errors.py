"""Everything that Remit raises, by what the caller must do.

RemitError                      says what is wrong and what to do
├── PlaybookError               fix the playbook: carries every finding
├── InputError                  fix the input: an event, a brief, an argument
├── LedgerError                 the ledger could not be read or written
│   └── Missing                 no such case, draft, slot, bundle
├── Refused                     a rule of the house says no: nothing was changed or sent
│   └── IllegalTransition       the table of case states has no such step
├── CredentialsError            the environment or file that holds a secret is absent or empty
└── PlatformError               a platform did not do what was asked
    ├── Retryable               try again, after `retry_after` seconds where it said so
    ├── OutcomeUnknown          it may have been done: read the platform before anything else
    ├── ContentRefused          the platform will never take this content
    ├── NotAllowed              the credentials are wrong, or the account may not do this: stop
    └── Gone                    the thing referred to does not exist any more
"""

from __future__ import annotations

from collections.abc import Sequence

from remit.model.base import Frozen
from remit.model.event import Event


class Finding(Frozen):
    """One thing that is wrong with a playbook, and where."""

    code: str
    severity: str = "error"
    """error, warning or info."""
    file: str
    line: int
    """From 1."""
    message: str
    rule: str | None = None
    others: tuple[str, ...] = ()
    """Other rules involved."""
    event: Event | None = None
    """An event that shows it, already run through the real Router."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.code} {self.message}"


class RemitError(Exception):
    """The root. `str(error)` is fit to show to a person: no traceback, no secret."""


class PlaybookError(RemitError):
    """The playbook cannot be used; `findings` has all that is wrong at once."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(map(str, self.findings)))


class InputError(RemitError):
    """Input from outside that cannot be read; the message names the place and the remedy."""


class LedgerError(RemitError):
    """The ledger could not be read or written."""


class Missing(LedgerError):
    """No row of that number or hash."""


class Refused(RemitError):
    """A rule of the house says no. `code` is stable and goes to the journal."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class IllegalTransition(Refused):
    """A case cannot take this step from where it stands."""

    def __init__(self, state: str, step: str) -> None:
        super().__init__("illegal_transition", f"a case that is {state} cannot be {step}")


class CredentialsError(RemitError):
    """A secret is not where the playbook says it is."""


class PlatformError(RemitError):
    """A platform did not do what was asked."""


class Retryable(PlatformError):
    """Nothing was done, and it may work later."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        """Seconds that the platform asked for, if it did."""
        super().__init__(message)


class OutcomeUnknown(PlatformError):
    """The request may have been carried out."""


class ContentRefused(PlatformError):
    """The platform will never take this content."""


class NotAllowed(PlatformError):
    """Wrong credentials, or no right to do this."""


class Gone(PlatformError):
    """What was referred to does not exist any more."""
