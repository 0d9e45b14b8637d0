"""指标: numbers about the city, defined by SQL, with history, target, limits and a way back to their rows."""
