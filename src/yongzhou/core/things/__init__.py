"""物: one registry of devices and datastreams."""
