"""For data teams: schemas, pipelines, analyses and how they are governed."""
