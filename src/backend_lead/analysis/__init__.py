"""Questions asked of a resolved model: load, waiting, availability, cost, capacity, faults."""
