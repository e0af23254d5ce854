"""Anyone's export as events: `table` reads it, `times` its dates, `cells` makes an event of a row."""
