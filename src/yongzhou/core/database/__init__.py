"""The house's way to PostgreSQL: Django's backend, and statements that go by libpq where every request passes."""
