"""What goes wrong around the bot, each file named after the symptom."""
