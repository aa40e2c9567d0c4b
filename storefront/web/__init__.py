"""Flask, thin: parse, call one service, render. No rules and no queries here."""
