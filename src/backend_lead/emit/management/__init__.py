"""For who decides and answers: the answer on one page, and what can go wrong."""
