"""The kernel: people, matters, things, places, data, indicators (人事物空间数据指标)."""
