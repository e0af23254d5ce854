"""What each role achieved with exactly what was its own."""

from __future__ import annotations

from remit.measure.metrics import METRICS
from remit.measure.scorecards import Scorecard, humanly, scorecards, whole

__all__ = ["METRICS", "Scorecard", "humanly", "scorecards", "whole"]
