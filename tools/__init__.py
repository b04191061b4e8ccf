"""What writes and checks the generated parts of the repository, and the gate."""
