"""The mail server's side of the panel: its tables (`mailtables`), and where mail goes (`trace`)."""
