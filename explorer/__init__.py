"""The latent-space explorer. ARCHITECTURE.md says what each package is for, and which may import which."""
