"""城市精细化治理一网统管平台: one report in, one responsible unit out, in time, not twice."""
