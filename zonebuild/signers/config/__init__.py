"""The configuration of signers and name servers, made from what the site knows, typed by nobody."""
