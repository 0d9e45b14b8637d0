"""Telemetry: the reader of OBS. Observations to the lake, checked and flagged; latest values; rules and alarms."""
