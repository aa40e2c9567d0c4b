"""What members read about gifts: lists, one with its history, figures. Nothing changes here."""
