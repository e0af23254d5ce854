"""What happened: the durable store of events, cases, drafts, approvals and publications."""

from __future__ import annotations

from remit.ledger.store import Ledger

__all__ = ["Ledger"]
