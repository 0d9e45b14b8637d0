"""What the house tells its keepers: facts about bus, database, lake and members, for doctor, metrics and pages."""
