"""The use cases: one function per sentence a user can say. The doors call these and render."""
