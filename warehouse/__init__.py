"""Parquet → DuckDB: the tables and views that people query."""
