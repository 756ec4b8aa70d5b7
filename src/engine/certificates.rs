//! What can be asked of the certificate: renewing, importing, going back, exporting. Connections that are open keep the one they have.
//!
//! Files are read and written on threads for that; what is wrong is said before anything changes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::start::EngineError;
use super::task::Task;
use super::{CertificateCommand, Event, ListenState, Tone};
use crate::call::Timestamp;
use crate::listener::{CertificateInfo, Identity, IdentityError, IdentitySource};
use crate::respond::{CertificateSetup, ListenerSetup, Setup};
use crate::session::refuse_session;

impl Task {
    /// Where the certificate comes from: the command line, else the workspace, else this machine.
    pub(super) fn certificate_source(&self, listener: &ListenerSetup) -> IdentitySource {
        if let Some((cert, key)) = &self.options.certificate {
            return IdentitySource::Files { cert: cert.clone(), key: key.clone() };
        }
        match &listener.certificate {
            Some(CertificateSetup { cert, key }) => {
                IdentitySource::Files { cert: self.beside_workspace(cert), key: self.beside_workspace(key) }
            }
            None => IdentitySource::Local { data_dir: self.options.data_dir.clone(), names: listener.names.clone() },
        }
    }

    /// A path of the workspace: relative ones begin at its folder.
    fn beside_workspace(&self, path: &str) -> PathBuf {
        let folder = self.options.workspace.path().and_then(Path::parent).unwrap_or(Path::new(""));
        folder.join(path)
    }

    pub(super) async fn certificate_command(&mut self, command: CertificateCommand) {
        match command {
            CertificateCommand::Renew => self.renew().await,
            CertificateCommand::NewAuthority => self.new_authority().await,
            CertificateCommand::Import { cert, key } => {
                let problem = self.import(cert, key).await.err();
                self.send(Event::CertificateImported { problem });
            }
            CertificateCommand::UseLocal => self.use_local().await,
        }
    }

    async fn renew(&mut self) {
        if let Some(certificate) = self.with_identity(Identity::renew).await {
            let text =
                format!("The certificate is renewed: new connections get one that ends at {}", certificate.not_after);
            self.tell(Tone::Info, text);
        }
    }

    async fn new_authority(&mut self) {
        if let Some((certificate, kept)) = self.with_identity(Identity::new_authority).await {
            let kept = kept.map_or_else(String::new, |path| format!(". The old one is kept as {}", path.display()));
            let pem = certificate.pem_path.display();
            self.tell(Tone::Warning, format!("There is a new authority: let clients trust {pem}{kept}"));
        }
    }

    /// Does something with the certificate that is served; what fails is told.
    async fn with_identity<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&Identity) -> Result<T, IdentityError> + Send + 'static,
    ) -> Option<T> {
        let Some(identity) = self.listening.as_ref().map(|listening| listening.identity().clone()) else {
            self.tell(Tone::Error, "There is no certificate in use: start listening first");
            return None;
        };
        let done = tokio::task::spawn_blocking(move || work(&identity)).await;
        self.publish_certificate();
        match done {
            Ok(Ok(done)) => Some(done),
            Ok(Err(error)) => {
                self.tell(Tone::Error, error.to_string());
                None
            }
            Err(error) => {
                self.tell(Tone::Error, format!("cannot change the certificate: {error}; try again"));
                None
            }
        }
    }

    /// Takes two files of the user's from now on and notes them in the workspace; gives what is wrong with them.
    async fn import(&mut self, cert: PathBuf, key: PathBuf) -> Result<(), String> {
        if self.options.certificate.is_some() {
            return Err("The certificate was given on the command line and stays for this run".to_owned());
        }
        let folder = self.options.workspace.path().and_then(Path::parent).unwrap_or(Path::new(""));
        let (cert, key) = (folder.join(cert), folder.join(key));
        // Beneath the folder of the workspace the path is noted without it, so that both can be moved together.
        let noted = |path: &Path| path.strip_prefix(folder).unwrap_or(path).display().to_string();
        let certificate = CertificateSetup { cert: noted(&cert), key: noted(&key) };
        let source = IdentitySource::Files { cert, key };
        let now = Timestamp::from_system_time(std::time::SystemTime::now());
        let checked = tokio::task::spawn_blocking(move || check(source, now)).await;
        let checked = checked.map_err(|error| format!("cannot read the files: {error}; try again"))?;
        let certificate_info = checked?;
        let text = format!("{} is used from now on", certificate_info.leaf_path.display());
        self.set_certificate(Some(certificate)).await;
        self.tell(Tone::Info, text);
        Ok(())
    }

    async fn use_local(&mut self) {
        if self.options.certificate.is_some() {
            self.tell(Tone::Error, "The certificate was given on the command line and stays for this run");
            return;
        }
        self.set_certificate(None).await;
        self.tell(Tone::Info, "The certificate of this machine's own authority is used from now on");
    }

    async fn set_certificate(&mut self, certificate: Option<CertificateSetup>) {
        let mut setup = Setup::clone(&self.options.setup.borrow());
        setup.listener.certificate = certificate;
        self.change_setup(setup).await;
        // It may be down because the files of before could not be used.
        let is_down =
            matches!(&self.options.state.borrow().listen, ListenState::Stopped { why, .. } if !why.is_empty());
        if is_down && let Err(error) = self.listen().await {
            self.tell(Tone::Error, error.to_string());
        }
    }

    /// Brings the certificate that is served to what a new setup says, without binding anew.
    pub(super) async fn follow_certificate(&mut self, before: &ListenerSetup, after: &ListenerSetup) {
        let source = self.certificate_source(after);
        let Some(identity) = self.listening.as_ref().map(|listening| listening.identity().clone()) else {
            return;
        };
        if source == self.certificate_source(before) {
            return;
        }
        let changed = tokio::task::spawn_blocking(move || identity.change(source)).await;
        match changed {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => self.tell(Tone::Error, format!("{error}; the listener keeps the certificate it has")),
            Err(error) => self.tell(Tone::Error, format!("cannot change the certificate: {error}; try again")),
        }
        self.publish_certificate();
    }

    /// Publishes the certificate that is served, where it is another one than was known: files change by themselves.
    pub(super) fn publish_certificate(&self) {
        let Some(listening) = &self.listening else { return };
        let served = listening.identity().looked_at();
        let is_known = matches!(&self.options.state.borrow().listen,
            ListenState::Listening { certificate, .. } if **certificate == served);
        if is_known {
            return;
        }
        self.publish(|known| {
            if let ListenState::Listening { certificate, .. } = &mut known.listen {
                *certificate = Arc::new(served);
            }
        });
    }

    pub(super) async fn export_certificate(&self, to: PathBuf) {
        let Some(listening) = &self.listening else {
            self.tell(Tone::Error, "There is no certificate to export yet: start listening first");
            return;
        };
        let live = self.options.handler.live();
        if let Err(error) = refuse_session(&to, &[&live.state.path], Some(&self.options.data_dir)) {
            self.tell(Tone::Error, error.to_string());
            return;
        }
        let from = listening.certificate().pem_path;
        let written = tokio::task::spawn_blocking(move || export(&from, &to).map(|()| to)).await;
        match written {
            Ok(Ok(to)) => self.tell(
                Tone::Info,
                format!("Exported to {}; a client that trusts it trusts this listener", to.display()),
            ),
            Ok(Err(error)) => {
                self.tell(Tone::Error, format!("cannot export the certificate: {error}; choose another folder"))
            }
            Err(error) => self.tell(Tone::Error, format!("cannot export the certificate: {error}")),
        }
    }
}

/// Copies the certificates of a file and nothing else: a user's file may hold its key too. Read whole before anything is written, as
/// it may be the same file.
fn export(from: &Path, to: &Path) -> std::io::Result<()> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    let text = String::from_utf8_lossy(&std::fs::read(from)?).into_owned();
    let mut pem = String::new();
    for block in text.split(BEGIN).skip(1) {
        if let Some((inner, _)) = block.split_once(END) {
            pem.push_str(BEGIN);
            pem.push_str(inner);
            pem.push_str(END);
            pem.push('\n');
        }
    }
    std::fs::write(to, pem)
}

/// Can two files be served, and may they be now?
fn check(source: IdentitySource, now: Timestamp) -> Result<CertificateInfo, String> {
    let certificate = Identity::open(source).map_err(|error| error.to_string())?.certificate();
    if certificate.not_after <= now {
        return Err(format!(
            "The certificate in {} has expired at {}; clients refuse it. Choose one that is valid",
            certificate.leaf_path.display(),
            certificate.not_after
        ));
    }
    Ok(certificate)
}

/// The listener's settings without what can be changed while it listens.
pub(super) fn bound_part(listener: &ListenerSetup) -> ListenerSetup {
    ListenerSetup { names: Vec::new(), certificate: None, ..listener.clone() }
}

/// The identity to listen as.
pub(super) async fn open_identity(source: IdentitySource) -> Result<Identity, EngineError> {
    match tokio::task::spawn_blocking(move || Identity::open(source)).await {
        Ok(opened) => opened.map_err(EngineError::Identity),
        Err(_) => Err(EngineError::Gone),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn an_export_holds_certificates_and_never_a_key() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("own.pem"), dir.path().join("out.pem"));
        let one = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let key = "-----BEGIN PRIVATE KEY-----\nBBBB\n-----END PRIVATE KEY-----\n";
        std::fs::write(&from, format!("{key}text\n{one}{one}")).unwrap();
        export(&from, &to).unwrap();
        assert_eq!(std::fs::read_to_string(&to).unwrap(), format!("{one}{one}"));
    }
}
