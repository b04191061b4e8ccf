"""What an API costs its callers and its backend: screens, styles, limits, held connections."""
