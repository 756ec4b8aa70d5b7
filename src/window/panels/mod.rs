//! What is drawn. A panel gets a model and returns wishes; it reaches into nothing.

pub mod body_view;
pub mod detail;
pub mod detail_tabs;
pub mod editor;
