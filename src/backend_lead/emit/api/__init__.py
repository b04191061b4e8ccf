"""For client teams and partners: contracts of the API, and how they are kept."""
