"""Whether a service on this machine shows the certificate that lies in its files, and the cure.

The certificate that is served is the only witness: after a reload the process is as old as before,
so the ages of files and processes say nothing. No shell is given anything, and no command a name
from a configuration file.
"""
