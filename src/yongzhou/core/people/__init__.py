"""人: parties, units, logins, roles and who holds them where."""
