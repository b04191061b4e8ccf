"""backend-lead: a backend design with its evidence."""

__version__ = "0.1.0"
