"""Who signs a built zone: the embedded signer, or another program that it is handed to."""
