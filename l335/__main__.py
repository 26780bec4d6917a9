"""``python -m l335``."""

from l335.cli import main

if __name__ == "__main__":
    main()
