"""What each table promises: `model` has the words, one module per noun has the tables, `catalog` lists them all."""
