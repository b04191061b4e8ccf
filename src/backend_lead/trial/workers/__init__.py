"""Programs that run as processes of their own. They import little, so that they start quickly."""
