//! Is this credential right? Pure: secrets are passed in with the setup.
