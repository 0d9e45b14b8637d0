"""城市仪表盘: one screen for the city, now and for any moment of the last 24 hours."""
