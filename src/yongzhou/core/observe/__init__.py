"""What a process tells about itself: structured logs (`logs`), traces (`trace`). No Django; costs nothing when off."""
