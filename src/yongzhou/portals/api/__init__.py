"""The REST door: one router for all records, one for all operations, problem+json, OpenAPI 3.1."""
