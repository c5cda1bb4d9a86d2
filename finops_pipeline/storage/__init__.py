"""Storage: the landing folder, the engine that sees every row, the lake and the warehouse."""
