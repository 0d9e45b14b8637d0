"""物联感知网络: the one registry of things and datastreams, their quality and health, alarms judged, input mended."""
