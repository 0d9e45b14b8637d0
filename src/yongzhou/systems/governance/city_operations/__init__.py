"""城市运行管理平台: the state of every place with its reasons, one map, alarms. Forecast and what-if come later."""
