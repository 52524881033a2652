"""Selection within a budget: which parts of a text stay, and what is said of the rest."""
