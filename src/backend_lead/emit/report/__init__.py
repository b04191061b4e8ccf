"""What people read: the report, its Markdown twin, the decision records and the evidence."""
