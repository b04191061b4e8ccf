"""From the tables of one model to those of another while both versions of a program run."""
