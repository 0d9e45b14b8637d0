"""数据: what systems share with one another, by name, by authorisation, counted."""
