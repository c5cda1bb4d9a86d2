"""Sources: one adapter per system, saying which datasets it delivers and how their columns become canonical ones."""
