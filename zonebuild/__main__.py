"""`python -m zonebuild` is the `zonebuild` command."""

from zonebuild.cli import main

if __name__ == "__main__":
    main()
