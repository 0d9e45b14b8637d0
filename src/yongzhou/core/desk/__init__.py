"""What a person keeps and does at the desk: saved views, choices, bulk runs, imports under way, undo, the hit index."""
