"""Rules of the house that no linter knows. Each rule is a function from sources to violations;
one test holds the project to it, another plants a violation and expects it to be named."""
