"""What is live, compared with what is declared. It only reads."""
