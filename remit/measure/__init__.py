"""What each role achieved with exactly what was its own."""

from __future__ import annotations

from remit.measure.scorecards import Scorecard, humanly, scorecards, whole

__all__ = ["Scorecard", "humanly", "scorecards", "whole"]
