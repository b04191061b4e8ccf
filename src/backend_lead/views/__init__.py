"""Projections that several families share, decided once."""
