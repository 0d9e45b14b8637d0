"""事: one life cycle for events, applications, inspections, orders."""
