//! What the window remembers from one run to the next: a small JSON file in the data folder.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// How many opened sessions are remembered.
const RECENT: usize = 8;

/// Light, dark, or what the system says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ThemeChoice {
    #[default]
    System,
    Light,
    Dark,
}

/// Everything that survives a restart. Unknown or missing members are their defaults: an older or newer file never stops a start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub theme: ThemeChoice,
    pub compact_rows: bool,
    /// Times in UTC instead of the local zone.
    pub utc_times: bool,
    /// The size in bytes beyond which the oldest unpinned calls go.
    pub max_session_bytes: u64,
    /// Simultaneous transactions that the org may have: 75, or 35 in the free Integrator plan.
    pub concurrency_limit: u32,
    /// What the tunnel adds, as measured in this run, is shown beside each call's own time.
    pub add_tunnel_to_budget: bool,
    /// What a comparison leaves out, as it was written; what differs by nature where nothing was.
    pub compare_volatile: Option<String>,
    /// Width and height of the window in points.
    pub window_size: Option<[f32; 2]>,
    /// In points.
    pub endpoints_width: Option<f32>,
    pub detail_width: Option<f32>,
    pub detail_height: Option<f32>,
    /// Newest first.
    pub recent_sessions: Vec<PathBuf>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            theme: ThemeChoice::default(),
            compact_rows: false,
            utc_times: false,
            max_session_bytes: 4 * 1024 * 1024 * 1024,
            concurrency_limit: super::panels::load::LIMIT_WORKFORCE,
            add_tunnel_to_budget: false,
            compare_volatile: None,
            window_size: None,
            endpoints_width: None,
            detail_width: None,
            detail_height: None,
            recent_sessions: Vec::new(),
        }
    }
}

impl Settings {
    /// Reads the file; what cannot be read is a sentence, and the defaults hold.
    pub fn load(path: &Path) -> (Settings, Option<String>) {
        match std::fs::read(path) {
            Ok(bytes) => match serde_json::from_slice(&bytes) {
                Ok(settings) => (settings, None),
                Err(error) => {
                    let problem = format!(
                        "the window's settings in {} cannot be read ({error}); defaults are used",
                        path.display()
                    );
                    (Settings::default(), Some(problem))
                }
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => (Settings::default(), None),
            Err(error) => {
                let problem = format!("the window's settings in {} cannot be read: {error}", path.display());
                (Settings::default(), Some(problem))
            }
        }
    }

    /// Writes the file as a whole or not at all.
    pub fn save(&self, path: &Path) -> std::io::Result<()> {
        let text = serde_json::to_vec_pretty(self)?;
        let beside = path.with_extension("json.new");
        std::fs::write(&beside, text)?;
        std::fs::rename(&beside, path)
    }

    /// Puts a session at the head of the recent ones.
    pub fn remember_session(&mut self, path: &Path) {
        self.recent_sessions.retain(|known| known != path);
        self.recent_sessions.insert(0, path.to_owned());
        self.recent_sessions.truncate(RECENT);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn settings_survive_a_round_trip_and_a_file_of_another_version() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("window.json");
        assert_eq!(Settings::load(&path), (Settings::default(), None));
        let mut settings = Settings { theme: ThemeChoice::Dark, utc_times: true, ..Settings::default() };
        settings.remember_session(Path::new("/a.hookscope"));
        settings.remember_session(Path::new("/b.hookscope"));
        settings.remember_session(Path::new("/a.hookscope"));
        settings.save(&path).unwrap();
        assert_eq!(Settings::load(&path), (settings.clone(), None));
        assert_eq!(settings.recent_sessions, [Path::new("/a.hookscope"), Path::new("/b.hookscope")]);
        std::fs::write(&path, "{\"theme\": \"light\", \"from_the_future\": 3}").unwrap();
        assert_eq!(Settings::load(&path).0.theme, ThemeChoice::Light);
        std::fs::write(&path, "not json").unwrap();
        let (settings, problem) = Settings::load(&path);
        assert_eq!(settings, Settings::default());
        assert!(problem.unwrap().contains("window.json"));
    }
}
