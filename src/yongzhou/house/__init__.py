"""The assembly: settings, addresses, roles, the family of processes, the command."""
