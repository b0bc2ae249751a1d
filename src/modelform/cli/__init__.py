"""The command `modelform`: arguments, questions, exit codes. It starts the sandbox, and shows what drivers tell."""
