"""What each door takes at most, and what it does beyond: one table (`table`), and the web's own brake (`web`)."""
