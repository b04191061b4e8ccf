"""The search: the one place where a tactic meets its score."""
