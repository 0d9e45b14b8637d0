"""`yongzhou doctor`: is this house well, running or stopped; what is wrong, and what to do about it."""
