"""The page of a report: its text with sections and marked numbers, what it states, what disagrees, where it came from."""

from __future__ import annotations

