"""Messages to people and units inside the house; further channels belong to the messaging engine."""
