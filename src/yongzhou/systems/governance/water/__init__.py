"""智慧水利: rain and water level, flash-flood warnings, stages. Models, reservoirs and networks come later."""
