"""开发者: the API with runnable examples, records, operations, events, problems, all from their declarations."""
