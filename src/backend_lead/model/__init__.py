"""The words: what a backend is made of, and what a design of one says. No I/O here."""
