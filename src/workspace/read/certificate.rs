//! The certificate of the user's own that a workspace names.

use serde_spanned::Spanned;
use toml::de::DeTable;

use super::Reading;
use crate::respond::CertificateSetup;

impl Reading<'_> {
    /// `[listener] certificate = { cert = "…", key = "…" }`; both files or none.
    pub(super) fn certificate(&mut self, listener: &DeTable<'_>) -> Option<CertificateSetup> {
        let table = self.table(listener, "certificate")?;
        self.unknown_keys(table, &["cert", "key"], "certificate");
        let given = |path: (String, _)| Some(path.0).filter(|path| !path.trim().is_empty());
        let (cert, key) = (self.string(table, "cert").and_then(given), self.string(table, "key").and_then(given));
        match (cert, key) {
            (Some(cert), Some(key)) => Some(CertificateSetup { cert, key }),
            _ => {
                let span = listener.get("certificate").map_or(0..0, Spanned::span);
                self.error(
                    span,
                    "'certificate' needs the paths of two PEM files, cert and key; the local certificate is used",
                );
                None
            }
        }
    }
}
