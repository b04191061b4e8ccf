"""The files that introduce backend-lead to assistants, put into a project and taken out again."""
