"""The house on several servers, tried on one machine: three NATS, PostgreSQL with a standby, two web, a county."""
