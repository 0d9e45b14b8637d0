"""OGC SensorThings API 1.1 (18-088) at `/sta/v1.1/`: things, datastreams and observations for any client."""
