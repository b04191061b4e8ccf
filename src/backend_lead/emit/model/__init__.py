"""The model itself, as the file its author edits."""
