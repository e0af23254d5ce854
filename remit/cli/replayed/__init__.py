"""What a replay came to, told: `text` to people, `document` to machines, `page` to a browser."""
