"""`apacheta terrain ...`: what an elevation file tells, one module a subcommand."""
