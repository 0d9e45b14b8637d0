"""Records: one declaration gives table, guard, pages, API, import, history."""
