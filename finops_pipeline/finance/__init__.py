"""Pure finance: no Dagster, SQL, files, clock or environment. One module (or folder) per noun."""
