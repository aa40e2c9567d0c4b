"""What a browser loads from the sandbox: the Stripe.js stand-in, the card form, the challenge."""
