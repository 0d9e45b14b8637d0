"""A synthetic city that speaks to the house only through its public doors."""
