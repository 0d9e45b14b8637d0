from yongzhou.core.bus.tests.servers import direct, family, home  # noqa: F401
