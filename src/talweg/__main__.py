"""Run the command line as ``python -m talweg``."""

from talweg.cli import main

if __name__ == "__main__":
    main()
