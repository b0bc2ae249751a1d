"""`python -m modelform` is the command `modelform`."""

from modelform.cli.main import run

if __name__ == "__main__":
    run()
