//! What the engine's task does for OAuth 2.0: makes ready for a setup, publishes what a front shows, makes keys.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::Tone;
use super::authorization_server::is_beneath;
use super::start::tell;
use super::task::{SetupError, Task};
use crate::respond::Setup;

/// The first endpoint whose calls the stand-in would answer.
pub fn conflict_with_stand_in(setup: &Setup) -> Option<SetupError> {
    let stand_in = setup.oauth.as_ref()?;
    let taken = setup.endpoints.iter().find(|endpoint| is_beneath(stand_in, &endpoint.path))?;
    Some(SetupError::StandInPath { endpoint: taken.name.to_string(), path: taken.path.clone() })
}

impl Task {
    /// Makes a setup the current one, once everything is under way that its calls need.
    pub fn replace_setup(&self, setup: &Arc<Setup>) {
        if let Some(conflict) = conflict_with_stand_in(setup) {
            // A setup of the window is refused for it; a file is used as far as it goes.
            self.tell(Tone::Warning, conflict.to_string());
        }
        self.options.handler.oauth().prepare(setup, &Handle::current());
        self.options.setup.send_replace(setup.clone());
        self.publish(|known| known.setup = setup.clone());
        self.publish_oauth();
    }

    pub fn publish_oauth(&self) {
        let oauth = self.options.handler.oauth();
        let setup = self.options.setup.borrow().clone();
        let (stand_in, places) = (oauth.server.state(&setup), oauth.keys.states());
        self.publish(|known| {
            known.stand_in = stand_in.map(Arc::new);
            known.key_places = places.into();
        });
    }

    /// Makes a new signing key, off this task.
    pub fn rotate_keys(&self) {
        let setup = self.options.setup.borrow().clone();
        let Some(stand_in) = &setup.oauth else {
            self.tell(Tone::Error, "There is no authorization server to make a new key for: set it up first");
            return;
        };
        let lifetime = stand_in.expires_in;
        let server = self.options.handler.oauth().server.clone();
        let (events, wake) = (self.options.events.clone(), self.options.wake.clone());
        drop(tokio::task::spawn_blocking(move || match server.rotate_keys(lifetime) {
            Ok(()) => {
                let said = "The authorization server signs with a new key; tokens of the one before stay good until they expire";
                tell(&events, &wake, Tone::Info, said);
            }
            Err(error) => tell(&events, &wake, Tone::Error, error.to_string()),
        }));
    }
}
