"""Rules: one per file; each names the evidence it needs, and says unknown without it."""
