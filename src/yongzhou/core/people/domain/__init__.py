"""The pure part of people and access: rights as patterns, one-time codes, delays. No Django, no clock, no chance."""
