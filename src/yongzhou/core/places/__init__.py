"""空间: divisions, grids, addresses, geometry."""
