"""All of the program's SQL: the library's database, its migrations and backups."""
