"""The mail server's side of the panel: the tables it reads (`mailtables`)."""
