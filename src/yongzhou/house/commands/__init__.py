"""Commands of the house, one module each, imported when called."""
