"""The static site: pages over the warehouse that any browser opens, from a folder or from any host."""
