"""永州城市 on the phone: citizens report and follow; grid workers see their tasks and act on the spot."""
