"""Use cases: verbs on nouns. A function with `session` joins the caller's transaction; one with
`ports` owns its transactions and may use the network."""
