"""How a snapshot is shown: tables, pictures and the formats of reports."""
