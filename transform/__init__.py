"""Archive → Parquet: decode, strip chrome, identify, cut sections, measure."""
