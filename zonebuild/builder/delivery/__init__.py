"""Built zones into the hands of signers and servers, and whether they have arrived."""
