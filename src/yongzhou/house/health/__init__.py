"""How the house fares: `/healthz` and `/readyz` for load balancers, `/desk/health/` for its keepers."""
