"""The bot's database: data that outlives a restart."""
