"""Fuzzing: `python -m tests.fuzz --seconds 20` tries inputs on each target and says how many, and what crashed."""
