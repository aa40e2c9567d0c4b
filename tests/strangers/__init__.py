"""What strangers send and what they are shown: requests that fit no form, words that are no words,
guesses. Promises R-E5 to R-E12 and R-D5; bad inputs with an answer of their own are beside the
code that gives it."""
