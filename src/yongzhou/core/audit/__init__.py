"""The register of what was done: append-only lines, sealed each second into a chain of Merkle blocks, verified."""
