//! The test from outside in: what is shown of it, what is asked of it, and which calls the tunnel's time is added to.

use egui::Ui;

use super::App;
use crate::call::{Direction, Summary, probe_nonce};
use crate::engine;
use crate::window::panels::chain::{self, ChainModel, ChainWish};

impl App {
    /// Draws the section of the test, for the public URL that is known.
    pub(super) fn chain_ui(&mut self, url: Option<String>, ui: &mut Ui) {
        let model = ChainModel {
            url,
            report: self.state.chain.report.clone(),
            overhead: self.state.chain.overhead,
            adds_to_budget: self.settings.add_tunnel_to_budget,
        };
        for wish in chain::ui(&model, ui) {
            match wish {
                ChainWish::Test(url) => self.command_engine(engine::Command::TestChain { url }),
                ChainWish::Cancel => self.command_engine(engine::Command::CancelTestChain),
                ChainWish::AddToBudget(adds) => self.settings.add_tunnel_to_budget = adds,
            }
            ui.request_repaint();
        }
    }

    /// What the tunnel adds to a call, in microseconds; none where it is not to be added, was not measured, or the call did not
    /// come from outside.
    pub(super) fn tunnel_us(&self, call: &Summary) -> Option<u32> {
        let is_probe = call.path.as_deref().and_then(probe_nonce).is_some();
        let came_from_outside = call.direction == Direction::Received && call.replay_of.is_none() && !is_probe;
        let is_added = self.settings.add_tunnel_to_budget && !self.shows_viewed && came_from_outside;
        self.state.chain.overhead.filter(|_| is_added).map(|overhead| overhead.added_us)
    }

    /// The same for the open call.
    pub(super) fn tunnel_us_of_selected(&self) -> Option<u32> {
        let tab = self.tab();
        let call = tab.selected.and_then(|call_id| tab.index.get(call_id))?;
        self.tunnel_us(&call)
    }
}
