"""Events, plans and results as people and programs read them: text, Markdown, JSON; one module a form."""
