"""Flask, thin: parse, call one service, render."""
