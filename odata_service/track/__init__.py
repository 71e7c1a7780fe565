"""Triggers that keep track of tables which other programs write: installed, and removed without a trace."""
