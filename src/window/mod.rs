//! The desktop program: one window over one engine.
//!
//! Panels draw a model and return wishes; they hold no socket, file, dialog or task. Only `app.rs` touches the engine and
//! the session. Where to look next: [`theme`] holds every color and measure by meaning, [`command`] every action.

mod app;
pub mod command;
pub mod controls;
mod display;
pub mod icons;
pub mod marks;
pub mod menus;
pub mod panels;
pub mod settings;
pub mod text;
pub mod theme;

pub use app::{WindowOptions, run};
