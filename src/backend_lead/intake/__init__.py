"""Readers: one folder per source; each gives a model and findings."""
