"""The generated reference below `docs/reference/`: every operation, event, record, indicator, setting and command."""
